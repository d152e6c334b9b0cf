; Address line 20: INT 15h AH=24h, and what POST and the block move need. Port 92h first, then the keyboard controller.

a20_function:
        cmp     al, 3
        ja      system_unknown
        je      .support
        cmp     al, 1
        jb      .disable
        je      .enable
        call    a20_is_open             ; AL=2
        setz    [bp+f_al]
        jmp     system_done
.enable:
        call    a20_enable
        call    a20_is_open
        jz      system_done
        jmp     .failed
.disable:
        call    a20_disable
        call    a20_is_open
        jnz     system_done
.failed:
        mov     byte [bp+f_ah], 0x01    ; keyboard controller does not obey
        CARRY_SET
        ret
.support:
        mov     word [bp+f_bx], 0x0003  ; keyboard controller and port 92h
        jmp     system_done

; ZF = open: 0000:xxxx and FFFF:xxxx+10h are different memory. Uses the print screen byte's neighbour at 0050:000E.
a20_is_open:
        push    ds
        push    es
        push    ax
        push    bx
        pushf
        cli
        xor     ax, ax
        mov     ds, ax
        dec     ax
        mov     es, ax
        mov     ax, [0x50E]
        push    ax
        mov     bx, [es:0x51E]
        inc     bx
        mov     [0x50E], bx             ; certainly not what is above
        cmp     bx, [es:0x51E]
        pop     ax
        mov     [0x50E], ax
        setne   al
        popf
        dec     al                      ; ZF = they differed
        pop     bx
        pop     ax
        pop     es
        pop     ds
        ret

a20_enable:
        push    ax
        in      al, 0x92
        test    al, 0x02
        jnz     .done
        or      al, 0x02
        and     al, 0xFE                ; bit 0 would reset
        out     0x92, al
.done:
        call    a20_is_open
        jz      .open
        mov     al, 0xDF
        call    a20_by_keyboard
.open:
        pop     ax
        ret

a20_disable:
        push    ax
        in      al, 0x92
        and     al, 0xFC
        out     0x92, al
        call    a20_is_open
        jnz     .closed
        mov     al, 0xDD
        call    a20_by_keyboard
.closed:
        pop     ax
        ret

; Output port of the controller: DFh opens, DDh closes.
a20_by_keyboard:
        push    ax
        mov     al, 0xD1
        call    i8042_command
        pop     ax
        jmp     i8042_data
