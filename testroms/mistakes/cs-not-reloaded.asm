; A new GDT has code where the old one had data, and CS was not loaded again: a handler cannot go back.
; expect: goes back to CS 0008h, which the interrupted code had, and in the GDT at ... that is a data segment: CS was never loaded after LGDT had brought this GDT; a far jump does it
; status: 10
; variants: -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x30, handler, 0x10
        lidt    [idt_pointer]
        lgdt    [pointer]
        mov     eax, 0x08
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        int     0x30
        jmp     $
handler: iretd
align 8
table2: dq      0, 0x00CF92000000FFFF, 0x00CF9A000000FFFF
pointer: dw     23
        dd      table2
