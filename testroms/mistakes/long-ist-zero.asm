; A gate names a stack of the IST that the TSS does not give.
; expect: failed because the TSS's IST3 is 00000000h, and a frame cannot be pushed below it
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
        GATE    0x30, handler, 0x08, 0x8E, 3
        lidt    [idt_pointer]
        int     0x30
        jmp     $
handler: iretq
