; The GDT's limit is one byte too small for its last entry.
; expect: needs selector 0010h, and the GDT's limit 0016h cuts that entry off: it has to be 0017h or more, the table's size minus 1
; status: 10
%include "mistake.inc"
start:
        lgdt    [pointer]
        jmp     0x08:next
next:   mov     eax, 0x10
        mov     ds, eax
        jmp     $
pointer: dw     3 * 8 - 2
        dd      gdt
