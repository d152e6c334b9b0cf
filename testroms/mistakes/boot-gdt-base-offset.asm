; The GDT's base in LGDT's operand is an offset in the segment 07C0h, and has to be a linear address.
; boot: disk
; expect: its base has to be a linear address, segment * 16 + offset
; status: 10
%define ORIGIN 0
%include "boot.inc"
        mov     ax, 0x07C0
        mov     ds, ax
        cli
        lgdt    [gdt_pointer]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     dword 0x08:0x7C00 + code
bits 32
code:   jmp     $
        times   0x180 - ($ - $$) db 0
        ; At linear 1000h nothing is.
gdt_pointer:
        dw      23
        dd      0x1000
        SECTOR
