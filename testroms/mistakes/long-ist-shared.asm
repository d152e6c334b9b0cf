; The handler of page faults has a stack of its own (IST 1) and faults itself: the second frame goes over the first one.
; expect: That was in the handler of an exception with the same stack: IDT entry 14 names stack IST 1 ... the new frame has gone over the one before
; status: 12
; options: --max-ticks 2M
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
        GATE    14, handler, 0x08, 0x8E, 1
        lidt    [idt_pointer]
        mov     rax, [abs 0x700000]
        jmp     $
handler: push   rax
        mov     rax, [abs 0x710000]
        pop     rax
        add     rsp, 8
        iretq
