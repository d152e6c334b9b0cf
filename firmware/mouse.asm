; The PS/2 mouse: INT 15h AH=C2h and IRQ 12 (INT 74h). Interface: IBM PS/2 BIOS reference, "Pointing Device Interface".

MOUSE_BAD_CALL  equ 0x01
MOUSE_BAD_INPUT equ 0x02
MOUSE_NO_ANSWER equ 0x03
MOUSE_NO_HANDLER equ 0x05

; AL = next byte from the mouse; bytes of the keyboard are dropped. CF = none came. Changes AH.
mouse_read:
        push    cx
        mov     cx, 0xFFFF
.poll:
        in      al, 0x64
        test    al, 0x01
        jz      .next
        mov     ah, al
        in      al, 0x60
        test    ah, 0x20
        jnz     .yes
.next:
        loop    .poll
        stc
        pop     cx
        ret
.yes:
        clc
        pop     cx
        ret

; Byte AL to the mouse. CF = not acknowledged. Changes AX.
mouse_send:
        push    ax
        mov     al, 0xD4
        call    i8042_command
        pop     ax
        call    i8042_data
        jc      .done
        call    mouse_read
        jc      .done
        cmp     al, 0xFA
        je      .done
        stc
.done:
        ret

; POST: a mouse that acknowledges "disable" is there. Equipment bit 2 remembers it.
mouse_detect:
        mov     al, 0xA9                ; line test: some controllers notice that there is nothing
        call    i8042_command
        call    i8042_read
        jc      .none
        test    al, al
        jnz     .none
        mov     al, 0xA8
        call    i8042_command
        mov     al, 0xF5
        call    mouse_send
        jc      .none
        or      byte [b_equipment], 0x04
        ret
.none:
        mov     al, 0xA7
        jmp     i8042_command

; ---- INT 15h AH=C2h, AL = function ----
mouse_function:
        mov     ah, MOUSE_BAD_CALL
        cmp     al, 8
        jae     .failed
        movzx   si, al
        add     si, si
        mov     ah, MOUSE_NO_ANSWER
        test    byte [b_equipment], 0x04
        jz      .failed
        push    word EBDA
        pop     ds
        cli                             ; the answers are for us, not for INT 74h
        call    [cs:si+mouse_functions]
        jc      .failed
        mov     byte [bp+f_ah], 0
        CARRY_CLEAR
        ret
.failed:
        mov     [bp+f_ah], ah
        CARRY_SET
        ret

; Each returns CF = 0, or CF = 1 with AH = status.
mouse_functions:
        dw      mouse_enable, mouse_reset, mouse_rate, mouse_resolution, mouse_type, mouse_initialise, mouse_extended, mouse_handler

mouse_bad_input:
        mov     ah, MOUSE_BAD_INPUT
        stc
        ret

; Sends AL, then AH = status for a failure.
mouse_order:
        call    mouse_send
        mov     ah, MOUSE_NO_ANSWER
        ret

mouse_enable:                           ; AL=0, BH = 1 enable, 0 disable
        cmp     bh, 1
        ja      mouse_bad_input
        mov     al, 0xF5
        jb      .send
        test    byte [e_mouse_size], 0x80
        mov     ah, MOUSE_NO_HANDLER
        stc
        jz      .done
        mov     byte [e_mouse_index], 0
        mov     al, 0xF4
.send:
        call    mouse_order
.done:
        ret

mouse_reset:                            ; AL=1: BH = 0 device id, BL = AAh passed
        mov     al, 0xFF
        call    mouse_order
        jc      .done
        mov     dx, 16                  ; its self test takes half a second
.testing:
        call    mouse_read
        jnc     .tested
        dec     dx
        jnz     .testing
        jmp     .none
.tested:
        mov     bl, al
        call    mouse_read
        jc      .none
        mov     bh, al
        mov     [bp+f_bx], bx
        mov     byte [e_mouse_index], 0
        and     byte [e_mouse_size], 0x80
        or      byte [e_mouse_size], 2
        clc
.done:
        ret
.none:
        mov     ah, MOUSE_NO_ANSWER
        ret

mouse_rate:                             ; AL=2, BH = 0-6
        cmp     bh, 7
        cmc
        jc      mouse_bad_input
        mov     al, 0xF3
        call    mouse_order
        jc      .done
        movzx   bx, bh
        mov     al, [cs:bx+mouse_rates]
        call    mouse_order
.done:
        ret

mouse_rates:
        db      10, 20, 40, 60, 80, 100, 200

mouse_resolution:                       ; AL=3, BH = 0-3: 1, 2, 4, 8 counts a millimetre
        cmp     bh, 4
        cmc
        jc      mouse_bad_input
        mov     al, 0xE8
        call    mouse_order
        jc      .done
        mov     al, bh
        call    mouse_order
.done:
        ret

mouse_type:                             ; AL=4: BH = device id
        mov     al, 0xF2
        call    mouse_order
        jc      .done
        call    mouse_read
        mov     ah, MOUSE_NO_ANSWER
        jc      .done
        mov     [bp+f_bh], al
.done:
        ret

mouse_initialise:                       ; AL=5, BH = packet length 1-8
        dec     bh
        cmp     bh, 8
        cmc
        jc      mouse_bad_input
        and     byte [e_mouse_size], 0x80
        or      [e_mouse_size], bh
        push    word [e_mouse_size]
        call    mouse_reset
        pop     bx
        pushf
        mov     [e_mouse_size], bl
        popf
        ret

mouse_extended:                         ; AL=6, BH = 0 status, 1 scaling 1:1, 2 scaling 2:1
        cmp     bh, 2
        ja      mouse_bad_input
        mov     al, 0xE6
        jb      .not_double
        mov     al, 0xE7
.not_double:
        test    bh, bh
        jnz     .send
        mov     al, 0xE9
        call    mouse_order
        jc      .done
        call    mouse_read
        mov     bl, al
        jc      .none
        call    mouse_read
        mov     cl, al
        jc      .none
        call    mouse_read
        jc      .none
        mov     [bp+f_bl], bl
        mov     [bp+f_cl], cl
        mov     [bp+f_dl], al
        ret
.none:
        mov     ah, MOUSE_NO_ANSWER
        ret
.send:
        call    mouse_order
.done:
        ret

mouse_handler:                          ; AL=7, ES:BX = far routine, 0:0 = none
        mov     [e_mouse_handler], bx
        mov     [e_mouse_handler+2], es
        and     byte [e_mouse_size], 0x7F
        mov     ax, es
        or      ax, bx
        jz      .none
        or      byte [e_mouse_size], 0x80
.none:
        clc
        ret

; ---- IRQ 12: collects a packet, then calls the handler with status, X, Y and 0 on the stack ----
int_74:
        pushad
        push    ds
        push    es
        cld
        push    word EBDA
        pop     ds
        in      al, 0x64
        and     al, 0x21
        cmp     al, 0x21
        jne     .done
        in      al, 0x60
        mov     cl, [e_mouse_size]
        test    cl, 0x80
        jz      .done
        and     cx, 0x07
        movzx   bx, byte [e_mouse_index]
        and     bx, 0x07
        mov     [bx+e_mouse_data], al
        cmp     bl, cl
        jae     .whole
        inc     byte [e_mouse_index]
        jmp     .done
.whole:
        mov     byte [e_mouse_index], 0
        movzx   ax, byte [e_mouse_data]
        push    ax
        movzx   ax, byte [e_mouse_data+1]
        push    ax
        movzx   ax, byte [e_mouse_data+2]
        push    ax
        push    byte 0
        sti
        call    far [e_mouse_handler]
        cli
        cld
        add     sp, 8
.done:
        mov     al, 0x20
        out     0xA0, al
        out     0x20, al
        pop     es
        pop     ds
        popad
        iret
