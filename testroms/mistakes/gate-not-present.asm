; A gate was made without its present bit.
; expect: failed because IDT entry 48 is not present (P is clear)
; status: 10
; variants: -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x30, handler, 0x08, 0x0E
        lidt    [idt_pointer]
        int     0x30
        jmp     $
handler: iretd
