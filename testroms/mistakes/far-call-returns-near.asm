; A function is called far and returns near: CS stays on the stack.
; expect: where the far call at ... had put CS: a function that is called far ends with RETF
; status: 10
; variants: -DDEEP | -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        call    outer
        jmp     $
outer:  call    0x08:function
        ret
function:
        ret
