; The tables are reached through entry 510 of the PML4, which has to point to the PML4 itself, and was never made.
; expect: PML4 entry 1FEh ... is not present: with entry 1FEh for tables that map themselves this is where they are
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rax, 0xFFFFFF7FBFDFE000
        mov     rcx, [rax]
        jmp     $
