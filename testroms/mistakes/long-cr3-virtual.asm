; CR3 gets the PML4's virtual address.
; expect: CR3 would be FFFFFFFF80130000h, which has bits beyond the 46 that a physical address of the model has: the physical address of the PML4 is needed
; status: 10
; variants: -DDEEP
%define HIGH
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rax, HALF + pml4
        mov     cr3, rax
        jmp     $
