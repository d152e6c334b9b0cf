; CR4.PAE is on, and the tables are those of two levels.
; expect: (mov cr0, eax): CR0.PG with CR4.PAE (bit 5) takes four entries of 8 bytes at 00130000h, where CR3 leads, and entry 0 is ... reserved there. A page directory of two levels
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        mov     eax, cr4
        or      eax, 0x20
        mov     cr4, eax
        PAGING_ON
        jmp     $
