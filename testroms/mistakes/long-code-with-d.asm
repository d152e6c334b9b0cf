; A 64-bit code segment with D set, too.
; expect: loads CS with selector 0008h, which has L and D (bits 53 and 54) both set: a 64-bit code segment has D = 0
; status: 10
; variants: -DLIMIT
%include "mistake64.inc"
start:
        cli
        or      byte [gdt + 8 + 6], 0x40
%ifdef LIMIT
        mov     word [gdt + 8], 0xFFFF
        or      byte [gdt + 8 + 6], 0x8F
%endif
        lgdt    [gdt_pointer]
        mov     esp, 0x120000
        MAP
        SWITCH
        ENTER
        jmp     $
