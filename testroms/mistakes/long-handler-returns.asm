; A handler of 64-bit code that ends with RET.
; expect: The handler of ... ends with RET at ...: it takes RIP alone, and CS, RFLAGS, RSP and SS stay on the stack. A handler ends with IRETQ
; status: 16
; options: --max-ticks 1M
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        GATE    3, handler
        lidt    [idt_pointer]
        int3
        jmp     $
handler:
        push    rbx
        pop     rbx
        ret
