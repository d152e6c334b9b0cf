; A gate's selector lies beyond the GDT: the table was shortened, and the gates were not.
; expect: needs selector 0040h, and the GDT has 6 entries, up to 0028h
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x30, handler, 0x40
        lidt    [idt_pointer]
        int     0x30
        jmp     $
handler: iretd
