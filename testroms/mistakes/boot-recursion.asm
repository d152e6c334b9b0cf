; A function that calls itself without end in real mode: the stack goes over everything, and then anything may happen. The run ends before it does.
; boot: disk
; expect: A function calls itself without end: the return address 7C
; status: 16
; options: --max-ticks 120k
%include "boot.inc"
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0x7C00
        call    deeper
        jmp     $
deeper: push    bx
        mov     bx, 1
        call    deeper
        pop     bx
        ret
        SECTOR
