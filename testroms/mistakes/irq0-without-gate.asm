; The 8259A is remapped, and the timer's gate is missing.
; expect: IRQ 0 came as vector 32, and IDT entry 32 is empty; set its gate, or mask the line (port 21h, A1h), before STI
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [idt_pointer]
        REMAP
        sti
wait_:  hlt
        jmp     wait_
