; A descriptor without its present bit.
; expect: needs selector 0010h, a data segment that is not present (bit 47, P, is clear)
; status: 10
%include "mistake.inc"
start:
        and     byte [gdt + 0x15], 0x7F
        lgdt    [gdt_pointer]
        mov     eax, 0x10
        mov     ds, eax
        jmp     $
