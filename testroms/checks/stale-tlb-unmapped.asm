; A page is taken away, one made read-only and one not executable, in 64-bit code, and all are used as before.
; check: stale-tlb
; expect: 00200000h is read through ... not present | 00201000h is written through ... the TLB may hold: physical 00201000h, writable ... read-only | is executed through ... executing: ret ... not to be executed
%include "mistake64.inc"
start:  LONG_MODE
        mov     rax, cr0
        or      eax, 0x10000                                    ; WP
        mov     cr0, rax
        mov     rax, [abs 0x200000]
        mov     [abs 0x201000], rax
        mov     byte [abs 0x202000], 0xC3
        mov     rax, 0x202000
        call    rax
        mov     dword [abs tables + 0x200 * 8], 0
        and     dword [abs tables + 0x201 * 8], ~2
        mov     dword [abs tables + 0x202 * 8 + 4], 0x80000000
        mov     rbx, [abs 0x200000]
        mov     [abs 0x201000], rax
        mov     rax, 0x202000
        call    rax
        xor     eax, eax
        out     0xF4, al
