; The handler of INT3 pushes a register and forgets to pop it.
; expect: IRET at ... found 8 bytes above the frame of #BP: the handler pushed more than it popped
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        GATE    3, handler
        lidt    [idt_pointer]
        int3
        jmp     $
handler:
        push    rax
        iretq
