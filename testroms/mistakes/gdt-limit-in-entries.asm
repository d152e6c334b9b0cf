; The GDT's limit is its number of entries minus 1, not its bytes.
; expect: (jmp 8: ... needs selector 0008h, and the GDT's limit 0005h leaves room for no entry: it is the table's size in bytes minus 1
; status: 10
%include "mistake.inc"
start:
        mov     word [gdt_pointer], (gdt_end - gdt) / 8 - 1
        LOAD_GDT
        jmp     $
