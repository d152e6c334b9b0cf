; An IDT entry names a text instead of the handler.
; expect: UD2 at ... There is no handler: IDT entry 6 names 001 ... where the text "Kernel version" is
; status: 10
; variants: -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    6, message
        lidt    [idt_pointer]
        ud2
message: db     "Kernel version", 0xF4, 0xFF, 0xFF
