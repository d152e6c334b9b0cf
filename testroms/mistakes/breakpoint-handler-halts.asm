; INT3 without a debugger: the handler gives up.
; expect: INT3 (byte CCh) at 001 ... was executed, and its handler halted the processor with interrupts off
; status: 12
; variants: -DPAGED | -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    3, handler
        lidt    [idt_pointer]
        int3
handler:
        cli
        hlt
