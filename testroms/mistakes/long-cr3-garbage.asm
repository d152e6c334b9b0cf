; CR3 is loaded with something that is no PML4.
; expect: CR3 was loaded at ... (mov cr3, ...), and the new tables at ... do not map the code that did it
; status: 10
; variants: -DVIRTUAL | -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
%ifdef VIRTUAL
        mov     eax, other + 0x3000             ; memory of zeros
        mov     cr3, rax
%else
        mov     eax, gdt
        and     eax, -4096
        mov     cr3, rax
%endif
        jmp     $
