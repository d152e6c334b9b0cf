; UD1 is what clang makes of undefined behaviour with -fsanitize-trap.
; expect: UD1 at 001 ... the program, or its compiler, asked for this
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        ud1     eax, [eax + 8]
        jmp     $
