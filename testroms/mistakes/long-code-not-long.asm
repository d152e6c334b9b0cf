; The far jump after the switch goes to a 32-bit code segment: 64-bit code runs as 32-bit code.
; expect: whose descriptor has L (bit 53) clear: in IA-32e mode that is compatibility mode, and 64-bit code is taken for 32-bit code
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        cli
        lgdt    [gdt_pointer]
        mov     esp, 0x120000
        MAP
        SWITCH
        ENTER   0x18
        mov     rax, [rel value]
        mov     rdi, [rax]
        hlt
align 8
value:  dq      value
