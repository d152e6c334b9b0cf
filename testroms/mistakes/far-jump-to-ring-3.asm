; A far jump cannot go to ring 3.
; expect: loads CS with selector 0018h of ring 3, which ring 0 may not enter this way
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [idt_pointer]
        jmp     0x1B:user
user:   jmp     $
