; The clock's handler (IRQ 8) sends an EOI to the second 8259A alone: the first one still serves IRQ 2.
; expect: IRQ 2, by which the second 8259A asks, is still in service at the first one: the handler of one of IRQ 8 to 15 sent its EOI to port A0h alone; write 20h to port 20h, too, before IRET
; status: 12
; variants: -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x28, clock
        lidt    [idt_pointer]
        REMAP
        mov     al, 0xFB
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
wait_:  hlt
        jmp     wait_
clock:  push    eax
        mov     al, 0x0C
        out     0x70, al
        in      al, 0x71
        mov     al, 0x20
        out     0xA0, al
        pop     eax
        iretd
