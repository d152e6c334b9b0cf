; Long mode without PAE: CR0.PG is set with EFER.LME while CR4.PAE is clear.
; expect: CR0.PG with EFER.LME needs CR4.PAE (bit 5)
; status: 10
%include "mistake64.inc"
start:
        cli
        lgdt    [gdt_pointer]
        mov     esp, 0x120000
        MAP
        mov     eax, pml4
        mov     cr3, eax
        SET_EFER 0x100
        SET_PG
        ENTER
