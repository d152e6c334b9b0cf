; A division by zero before there is an IDT.
; expect: (div ecx): the divisor is 0. It was not reported because no IDT is loaded (IDTR's limit is 0); load one with LIDT early
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        xor     ecx, ecx
        div     ecx
        jmp     $
