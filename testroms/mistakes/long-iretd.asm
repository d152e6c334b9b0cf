; A handler ends with IRET without REX.W, as 32-bit code has it.
; expect: takes words of 4 bytes, and the frame of 64-bit mode has five of 8: write IRETQ
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        GATE    0x80, handler
        lidt    [idt_pointer]
        int     0x80
        jmp     $
handler:
        iretd
