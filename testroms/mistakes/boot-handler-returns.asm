; The timer's handler in real mode ends with RET.
; boot: disk
; expect: The handler of vector 8 ends with RET at 0000:7C ... CS and FLAGS stay on the stack. A handler ends with IRET
; status: 12
%include "boot.inc"
        cli
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0x7C00
        mov     word [0x20], tick
        mov     [0x22], ax
        sti
poll:   hlt
        cmp     word [ticks], 5
        jb      poll
        jmp     $
tick:   inc     word [cs:ticks]
        push    ax
        mov     al, 0x20
        out     0x20, al
        pop     ax
        ret
ticks:  dw      0
        SECTOR
