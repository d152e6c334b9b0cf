; IRQ 2, by which the second 8259A's requests come, is masked.
; expect: the second 8259A has lines open (port A1h is FEh), and its requests come through IRQ 2 of the first one, which is masked (port 21h is FFh); clear bit 2 of port 21h
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        REMAP
        GATE    0x28, handler
        lidt    [idt_pointer]
        mov     al, 0xFF
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
handler: iretd
ticks:  dd      0
