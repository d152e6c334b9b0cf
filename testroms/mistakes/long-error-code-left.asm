; A handler of #PF returns with the error code still on the stack.
; expect: took #PF's error code for RIP: its handler has to remove the code first (add rsp, 8)
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        GATE    14, handler
        lidt    [idt_pointer]
        mov     eax, [abs 0x40000000]
        jmp     $
handler:
        iretq
