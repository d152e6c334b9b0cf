; EDX was not cleared before DIV.
; expect: (div ecx): the quotient does not fit into 32 bits. EDX, the dividend's upper half, is 00000005h; before DIV it has to be 0
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        mov     edx, 5
        mov     eax, 5
        mov     ecx, 2
        div     ecx
        jmp     $
