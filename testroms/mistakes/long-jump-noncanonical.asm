; A pointer to a function is garbage: its address is not canonical.
; expect: which is not canonical (bits 63 to 47 have to be equal): ... is garbage
; status: 10
; variants: -DMEMORY -DDEEP | -DDATA
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rax, 0x6867666564636261
        mov     [abs other], rax
%ifdef MEMORY
        call    [abs other]
%elifdef DATA
        mov     rcx, [rax + 8]
%else
        jmp     rax
%endif
