; The timer's handler sends no EOI: there is one tick, and then silence.
; expect: IRQ 0 is still in service: its handler sent no EOI, so the 8259A holds back everything of its priority and below; write 20h to port 20h before IRET
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
timer:  inc     dword [ticks]
        iretd
ticks:  dd      0
