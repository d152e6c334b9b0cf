; Paging is switched on with CR3 never set.
; expect: Paging is on, and CR3 is 0, where real mode's interrupt table is: it has to have the physical address of the page tables before CR0.PG is set
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        jmp     $
