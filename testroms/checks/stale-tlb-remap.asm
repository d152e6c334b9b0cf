; A page is mapped elsewhere, and the old translation is used: INVLPG was forgotten.
; check: stale-tlb
; expect: stale-tlb: 00200000h is read through a translation that the page tables no longer hold at 0008: ... by: mov ebx, ... the TLB may hold: physical 00200000h ... the tables say: physical 00300000h, writable ... written: page table entry 200h at 00131800h, at 0008: ... no INVLPG
; variants: -DLATE
%include "mistake.inc"
start:  LOAD_GDT
        MAP_4MB 7
        PAGING_ON
        mov     eax, [0x200000]
%ifdef LATE
        mov     ecx, 1000
.wait:  loop    .wait
%endif
        mov     dword [table + 0x200 * 4], 0x300007
        mov     ebx, [0x200000]
        xor     eax, eax
        out     0xF4, al
