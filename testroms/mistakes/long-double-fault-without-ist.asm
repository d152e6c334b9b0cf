; The stack is gone, and no gate has a stack of its own: #PF and #DF cannot be delivered.
; expect: The stack pointer RSP is ... It was not reported because the frame cannot be pushed ... a gate that names a stack of the TSS (IST 1 to 7) works with any RSP
; status: 10
; variants: -DGUARD
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
        GATE    8, handler
        GATE    13, handler
        GATE    14, handler
        lidt    [idt_pointer]
%ifdef GUARD
        mov     rsp, 0x7FFFFFFF0000
%else
        mov     rsp, 0x80000000
%endif
        push    rax
        jmp     $
handler: jmp    $
