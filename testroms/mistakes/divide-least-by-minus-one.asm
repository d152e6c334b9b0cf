; The least number divided by -1 is one more than the largest.
; expect: (idiv ecx): the quotient does not fit into 32 bits: -2147483648 / -1 is 2147483648, and the largest is 2147483647
; status: 12
; variants: -DPAGED -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0, handler
        lidt    [idt_pointer]
        mov     eax, 0x80000000
        mov     ecx, -1
        cdq
        idiv    ecx
        jmp     $
handler: cli
        hlt
