; A loop pushes and never pops: the stack runs down into the code.
; expect: The stack (ESP ... has run down into the code and has overwritten it: at 001 ... was
; status: 10
; options: --memory 2M
; variants: -DLOOP | -DVALUE=-1
%include "mistake.inc"
%ifndef VALUE
%define VALUE 0
%endif
start:
        LOAD_GDT
        mov     esp, 0x101000
        mov     ecx, 0x10000
again:
        push    VALUE
%ifdef LOOP
        loop    again
%else
        jmp     again
%endif
