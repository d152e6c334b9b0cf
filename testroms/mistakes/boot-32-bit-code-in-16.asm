; The code segment of the GDT lacks D, and 32-bit code runs as 16-bit code.
; boot: disk
; expect: is of 32 bits (mov ax, 0x10; mov ds, ax), and segment 0008h makes it 16-bit code (mov eax, 0xd88e0010): its descriptor needs D (bit 54)
; status: 10
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        PROTECTED code
bits 32
code:   mov     ax, 0x10
        mov     ds, ax
        mov     ss, ax
        mov     esp, 0x7C00
        mov     eax, [0x100000]
        call    0x08:code
align 8
gdt:    dq      0, 0x008F9A000000FFFF, 0x00CF92000000FFFF
gdt_pointer:
        dw      23
        dd      gdt
        SECTOR
