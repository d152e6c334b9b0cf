; The IDT is loaded, and nobody has filled it.
; expect: UD2 at 001000E9h: the program, or its compiler, asked for this (BUG, __builtin_trap). It was not reported because IDT entry 6 is empty; fill all 32 exception gates before anything can go wrong
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [idt_pointer]
        ud2
