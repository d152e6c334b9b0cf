; A page table is not at a multiple of 4 KB: the directory takes the low bits for flags.
; expect: Page directory entry 000h at 00130000h is 00131803h: a table has to begin on a boundary of 4096 bytes, and the processor looks at 00131000h, not at 00131800h
; status: 10
; variants: -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        mov     edi, page_table
        xor     eax, eax
next:   mov     ebx, eax
        or      ebx, 3
        mov     [edi], ebx
        add     edi, 4
        add     eax, 0x1000
        cmp     eax, 0x400000
        jb      next
        mov     dword [directory], page_table + 3
        PAGING_ON
        jmp     $
page_table equ 0x131800
