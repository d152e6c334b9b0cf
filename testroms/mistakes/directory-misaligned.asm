; The page directory is not where a page begins: CR3 takes bits 31 to 12 alone.
; expect: Paging was switched on, and the code that did it is not mapped ... CR3 is 00130040h: these tables have to begin on a boundary of 4096 bytes, and the processor looks at 00130000h
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 7
        mov     dword [directory], 0
        mov     dword [directory + 0x40], table + 7
        mov     eax, directory + 0x40
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        jmp     $
