; What is right with page tables: INVLPG or CR3 after a change, a page that is new, rights that become wider, accessed and dirty flags that the
; kernel clears, a page that a fault brings back, a global page that is invalidated by its address.
; check: stale-tlb
%include "mistake.inc"
start:  LOAD_GDT
        MAP_4MB 7
        PAGING_ON
        GATE    14, fault
        lidt    [idt_pointer]
        mov     eax, [0x200000]
        mov     dword [table + 0x200 * 4], 0x300007
        invlpg  [0x200000]
        mov     eax, [0x200000]
        mov     dword [table + 0x200 * 4], 0x201007
        mov     eax, cr3
        mov     cr3, eax
        mov     eax, [0x200000]
        mov     dword [table + 0x201 * 4], 0                    ; not present, and present again
        invlpg  [0x201000]
        mov     dword [table + 0x201 * 4], 0x202007
        mov     eax, [0x201000]
        mov     dword [table + 0x203 * 4], 0x203005             ; read-only becomes writable
        invlpg  [0x203000]
        mov     eax, [0x203000]
        mov     dword [table + 0x203 * 4], 0x203007
        mov     [0x203000], eax
        mov     [0x204000], eax
        and     dword [table + 0x204 * 4], ~0x60                ; accessed and dirty
        mov     [0x204000], eax
        mov     dword [table + 0x205 * 4], 0
        invlpg  [0x205000]
        mov     eax, [0x205000]                                 ; the handler maps it
        mov     [0x205000], eax
        mov     eax, cr4
        or      eax, 0x80
        mov     cr4, eax
        or      dword [table + 0x206 * 4], 0x100
        invlpg  [0x206000]
        mov     eax, [0x206000]
        mov     dword [table + 0x206 * 4], 0x207107
        invlpg  [0x206000]
        mov     eax, [0x206000]
        xor     eax, eax
        out     0xF4, al
fault:  mov     dword [table + 0x205 * 4], 0x206007
        add     esp, 4
        iretd
