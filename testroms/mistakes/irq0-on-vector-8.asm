; Interrupts go on while the 8259A still has the vectors of the BIOS.
; expect: IRQ 0 came as vector 8, which in protected mode is #DF's: the 8259A still has the BIOS's vectors; remap it to 20h-2Fh (ICW2) before STI
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    8, double_fault
        lidt    [idt_pointer]
        sti
wait_:  hlt
        jmp     wait_
double_fault:
        cli
        hlt
