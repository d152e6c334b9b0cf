; RDMSR of a register that the processor does not have.
; expect: there is no model-specific register 00012345h (ECX) in the model ... Its handler halted
; status: 12
; variants: -DDEEP -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    13, handler
        lidt    [idt_pointer]
        mov     ecx, 0x12345
        rdmsr
handler:
        xor     ecx, ecx
        cli
        hlt
