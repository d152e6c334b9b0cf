; The kernel writes to a read-only page while CR0.WP is set.
; expect: The kernel wrote to 00150000h at 00100128h (mov dword ptr [0x150000], 1); page table entry 150h at 00131540h is 00150001h: read-only (bit 1, R/W, is clear)
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        mov     dword [table + 0x150 * 4], 0x150001
        PAGING_ON
        or      eax, 0x10000
        mov     cr0, eax
        mov     dword [0x150000], 1
        jmp     $
