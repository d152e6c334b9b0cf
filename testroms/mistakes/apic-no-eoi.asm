; The handler of the local APIC's timer forgets the EOI: no second one comes.
; expect: Vector 64 is still in service at the local APIC: its handler sent no EOI there
; status: 16
; options: --machine pc
; variants: -DPIC_EOI
%include "mistake.inc"
%ifndef SPURIOUS_VECTOR
%define SPURIOUS_VECTOR 0x1FF           ; bit 8: on
%endif
start:
        LOAD_GDT
        mov     al, 0xFF
        out     0x21, al
        out     0xA1, al
        GATE    0x40, handler
        lidt    [idt_pointer]
        mov     esi, 0xFEE00000
        mov     dword [esi + 0xF0], SPURIOUS_VECTOR
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
