; Gates name the 32-bit code segment.
; expect: names selector 0018h, which is a 32-bit code segment: in IA-32e mode handlers are 64-bit code (L = 1, D = 0)
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        GATE    0, handler, 0x18
        lidt    [idt_pointer]
        xor     ecx, ecx
        div     ecx
handler: jmp    $
