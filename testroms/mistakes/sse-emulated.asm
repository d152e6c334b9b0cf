; CR0.EM is set, and the compiler used SSE.
; expect: while CR0.EM (bit 2) is set
; status: 10
; variants: -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        mov     eax, cr4
        or      eax, 0x200
        mov     cr4, eax
        mov     eax, cr0
        or      eax, 4
        mov     cr0, eax
        addps   xmm0, xmm1
