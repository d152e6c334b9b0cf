; The GDT's page is gone once paging is on.
; expect: needs selector 0010h, and the GDT at 00180010h is not mapped: keep it mapped when paging comes on
; status: 10
%include "mistake.inc"
start:
        mov     esi, gdt
        mov     edi, 0x180000
        mov     ecx, (gdt_end - gdt) / 4
        rep movsd
        mov     dword [gdt_pointer + 2], 0x180000
        LOAD_GDT
        MAP_4MB 3
        mov     dword [table + 0x180 * 4], 0
        PAGING_ON
        mov     eax, 0x10
        mov     es, eax
        jmp     $
