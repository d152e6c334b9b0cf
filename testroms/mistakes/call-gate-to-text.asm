; The gate of system calls names a text.
; expect: INT 80h at ... has no handler: IDT entry 128 names ... where the text "BACKOFFICE" is
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x80, message
        lidt    [idt_pointer]
        int     0x80
        jmp     $
message: db     "BACKOFFICE", 0xF4
