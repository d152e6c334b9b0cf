; A kernel in the higher half loads CR3 with the virtual address of another process' directory.
; expect: CR3 was loaded at C01 ... with C0140000h, where no RAM is: it takes the physical address of the tables, not a virtual one
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        mov     eax, [directory]
        mov     [directory + 0xC00], eax
        PAGING_ON
        mov     eax, 0xC0000000 + higher
        jmp     eax
higher: mov     esi, 0xC0000000 + directory
        mov     edi, 0xC0000000 + second
        mov     ecx, 1024
        rep movsd
        mov     eax, 0xC0000000 + second
        mov     cr3, eax
        jmp     $
second  equ     0x140000
