; LGDT in 64-bit code with the operand of 32-bit code: the base has 8 bytes, and only 4 of them are its own.
; expect: which is not canonical (bits 63 to 47 have to be equal): 64-bit code loads 10 bytes, the limit and a base of 8 bytes
; status: 10
; variants: -DIDT
%include "mistake64.inc"
start:
        LONG_MODE
%ifdef IDT
        lidt    [few]
%else
        lgdt    [few]
%endif
        jmp     $
few:    dw      gdt_end - gdt - 1
        dd      gdt
        db      "what follows"
