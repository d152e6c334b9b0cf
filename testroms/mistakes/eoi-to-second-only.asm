; The timer's handler sends its EOI to the second 8259A, whose IRQ it is not.
; expect: IRQ 0 is still in service: its handler sent no EOI
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    32, timer
        lidt    [idt_pointer]
        REMAP
        sti
wait_:  hlt
        jmp     wait_
timer:  push    eax
        mov     al, 0x20
        out     0xA0, al
        pop     eax
        iretd
