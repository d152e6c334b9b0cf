; The local APIC's timer runs, and bit 8 of the spurious-interrupt vector register is clear.
; expect: The local APIC's timer was given a count, and the local APIC is switched off by software
; status: 12
; options: --machine pc
; variants: -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        mov     al, 0xFF
        out     0x21, al
        out     0xA1, al
        GATE    0x40, handler
        lidt    [idt_pointer]
        mov     esi, 0xFEE00000
        mov     dword [esi + 0xF0], 0xFF
        mov     dword [esi + 0x3E0], 3
        mov     dword [esi + 0x320], 0x20040
        mov     dword [esi + 0x380], 10000
        sti
.wait:  hlt
        cmp     dword [ticks], 10
        jb      .wait
        xor     eax, eax
        out     0xF4, al
handler: push   eax
        inc     dword [ticks]
%ifdef PIC_EOI
        mov     al, 0x20
        out     0x20, al
%endif
        pop     eax
        iretd
ticks:  dd      0
