; LGDT was given the table, and not the pointer to it: its first entry is zero, and so are limit and base.
; expect: read limit 0 and base 00000000h from 00100020h
; status: 10
%include "mistake.inc"
start:
        lgdt    [gdt]
        jmp     0x08:next
next:   mov     eax, 0x10
        mov     ds, eax
        jmp     $
