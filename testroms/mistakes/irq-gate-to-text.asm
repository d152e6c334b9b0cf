; The gate of the timer names a text, in which a HLT comes soon.
; expect: IRQ 0 came as vector 32, and there is no handler: IDT entry 32 names ... where the text "BACKOFFICE" is
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    32, message
        lidt    [idt_pointer]
        REMAP
        sti
        jmp     $
message: db     "BACKOFFICE", 0xF4
