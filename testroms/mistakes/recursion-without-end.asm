; A function calls itself for ever and its stack goes down through the BIOS's ROM and round the address space: nothing fails, for writes to a ROM and to
; nothing are lost.
; expect: Endless recursion: the call at ... (call ...) has come back to itself some ... times without a return, and the stack has taken some ... no RAM is
; status: 16
; options: --max-ticks 400k
; variants: -DSAVES
%include "mistake.inc"
start:
        LOAD_GDT
        mov     esp, 0x100000
f:
%ifdef SAVES
        pusha
%endif
        sub     esp, 0x8000
        call    f
        ret
