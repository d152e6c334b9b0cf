; The data segment's descriptor lacks G, and its limit of FFFFFh counts bytes.
; expect: is beyond DS's limit 000FFFFFh; a descriptor with G (bit 55) clear counts bytes
; status: 10
%include "mistake.inc"
start:
        mov     byte [gdt + 0x16], 0x4F
        lgdt    [gdt_pointer]
        mov     eax, 0x10
        mov     ds, eax
        mov     dword [0x200000], 1
        jmp     $
