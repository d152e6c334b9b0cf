; The TSS has no stack for ring 0.
; expect: failed because the TSS's RSP0 is 00000000h, and a frame cannot be pushed below it
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        mov     qword [abs tss + 4], 0
        LOAD_TSS
        GATE    0x80, handler, 0x08, 0xEE
        lidt    [idt_pointer]
        RING3   user
user:   int     0x80
        jmp     $
handler: iretq
