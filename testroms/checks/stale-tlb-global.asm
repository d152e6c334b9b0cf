; A global page survives a write to CR3: the kernel forgot that.
; check: stale-tlb
; expect: 00206000h is read through ... physical 00206000h ... physical 00207000h
%include "mistake.inc"
start:  LOAD_GDT
        MAP_4MB 7
        PAGING_ON
        mov     eax, cr4
        or      eax, 0x80
        mov     cr4, eax
        or      dword [table + 0x206 * 4], 0x100
        invlpg  [0x206000]
        mov     eax, [0x206000]
        mov     dword [table + 0x206 * 4], 0x207107
        mov     eax, cr3
        mov     cr3, eax
        mov     eax, [0x206000]
        xor     eax, eax
        out     0xF4, al
