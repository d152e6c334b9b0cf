; INT 15h: system services; INT 11h and 12h. Not there: AH=84h joystick, 89h (protected mode for good), APM.

int_15:
        cmp     ah, 0x4F                ; keyboard intercept: nothing to do, and it comes with every key
        je      system_return_carry
        SERVICE_ENTER
        cmp     ah, 0xE8
        je      .memory_map
        cmp     ah, 0x24
        je      .a20
        sub     ah, 0x80
        jb      .unknown
        DISPATCH system_functions, 0x43, .unknown
        SERVICE_LEAVE
.memory_map:
        call    memory_function
        SERVICE_LEAVE
.a20:
        call    a20_function
        SERVICE_LEAVE
.unknown:
        call    system_unknown
        SERVICE_LEAVE

; CF = 1 to the caller, everything else as it was: the key goes on its way.
system_return_carry:
        push    bp
        mov     bp, sp
        or      byte [bp+6], 0x01
        pop     bp
        iret

system_functions:
        dw      system_done, system_done, system_done, system_event, system_unknown, system_done, system_wait, block_move
        dw      memory_88, system_unknown, system_unknown, system_unknown, system_unknown, system_unknown, system_unknown, system_unknown
        dw      system_done, system_done                                ; 90h, 91h: a device is waited for, is ready
        times   0xC0 - 0x92 dw system_unknown
        dw      system_table, system_ebda, mouse_function

system_unknown:
        mov     byte [bp+f_ah], 0x86
        CARRY_SET
        ret

system_done:
        mov     byte [bp+f_ah], 0
        CARRY_CLEAR
        ret

system_table:                           ; AH=C0h
        mov     word [bp+f_es], BIOS
        mov     word [bp+f_bx], configuration_table
        jmp     system_done

system_ebda:                            ; AH=C1h
        mov     ax, [b_ebda]
        mov     [bp+f_es], ax
        CARRY_CLEAR
        ret

int_11:
        push    ds
        push    byte BDA
        pop     ds
        mov     ax, [b_equipment]
        pop     ds
        iret

int_12:
        push    ds
        push    byte BDA
        pop     ds
        mov     ax, [b_memory]
        pop     ds
        iret
