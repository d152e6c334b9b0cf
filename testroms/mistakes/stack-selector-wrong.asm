; SS is loaded with the null selector, with one of another RPL, and with a segment of another DPL.
; expect: (mov ss, ax): ... SS
; status: 12
; variants: -DRPL | -DDPL | -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    13, handler
        lidt    [idt_pointer]
        xor     eax, eax
%ifdef RPL
        mov     eax, 0x13
%elifdef DPL
        mov     eax, 0x20
%endif
        mov     ss, eax
handler:
        mov     eax, 0x10
        cli
        hlt
