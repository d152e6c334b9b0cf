; The IDT's limit is given in entries, not in bytes.
; expect: was not reported because the IDT ends at limit 0020h; IDT entry 6 needs 0037h; the limit is the table's size in bytes minus 1, eight bytes an entry
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    6, handler
        lidt    [pointer]
        ud2
handler: jmp    $
pointer: dw     32
        dd      idt
