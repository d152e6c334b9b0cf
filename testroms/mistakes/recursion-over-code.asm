; A function calls itself for ever with the stack right above the kernel: its frames overwrite the code that makes them.
; expect: Endless recursion: the call at ... (call ...) comes back to itself; ... frames ... which has grown over the code
; status: 10
; variants: -DMUTUAL
%include "mistake.inc"
start:
        LOAD_GDT
        mov     esp, 0x102000
f:
%ifdef MUTUAL
        call    g
        ret
g:      push    ecx
%endif
        push    eax
        call    f
        ret
