; An entry of the page directory has the address of a table in the higher half, and not the physical one.
; expect: page directory entry 002h ... a reserved bit is set: an address beyond the 46 bits that the model has
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rax, HALF + other + 7
        mov     [directory + 16], rax
        mov     rcx, [0x400000]
        jmp     $
