; CR4 is written as a whole, and PAE is not in it.
; expect: CR4.PAE (bit 5) cannot be cleared in IA-32e mode
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        mov     eax, 0x600
        mov     cr4, rax
        jmp     $
