; A TSS's descriptor of 8 bytes, as in 32-bit mode: another descriptor is where its upper half should be.
; expect: loads TR with selector 0030h: a TSS's descriptor has 16 bytes in IA-32e mode, and its upper half is 0000F20000000000h, another entry
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rax, 0x0000F20000000000
        mov     [abs gdt_tss + 8], rax
        LOAD_TSS
        jmp     $
