; The handler of the RTC's interrupt does not read register C: no second one comes.
; expect: The real-time clock has asked by IRQ 8, and nobody has read its register C since
; status: 16
%include "mistake.inc"
%ifndef MASK
%define MASK 0xFB                       ; of the first 8259A: IRQ 2 open
%endif
start:
        LOAD_GDT
        REMAP
        GATE    0x28, handler
        lidt    [idt_pointer]
        mov     al, MASK
        out     0x21, al
        mov     al, 0xFE
        out     0xA1, al
        mov     al, 0x8B
        out     0x70, al
        in      al, 0x71
        or      al, 0x40
        mov     ah, al
        mov     al, 0x8B
        out     0x70, al
        mov     al, ah
        out     0x71, al
        sti
.wait:  hlt
        cmp     dword [ticks], 10
        jb      .wait
        xor     eax, eax
        out     0xF4, al
handler: push   eax
        inc     dword [ticks]
        mov     al, 0x20
        out     0xA0, al
        out     0x20, al
        pop     eax
        iretd
ticks:  dd      0
