; A handler of 32-bit code ends with the 16-bit form of IRET.
; expect: is the 16-bit form, which takes words of 2 bytes, and the frame has words of 4: write IRETD (CFh without 66h)
; status: 10
; variants: -DDEEP | -DPAGED -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x30, handler
        lidt    [idt_pointer]
        int     0x30
        jmp     $
handler: o16 iret
