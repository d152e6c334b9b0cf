; The frame for ring 3 has selectors without RPL 3.
; expect: CS on the stack is 0018h with RPL 0, and its segment's DPL is 3: they have to be the same
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [idt_pointer]
        push    dword 0x20
        push    dword user_stack
        push    dword 2
        push    dword 0x18
        push    dword user
        iretd
user:   jmp     $
