; A flat binary in real mode, as a BIOS starts a boot sector: --load-address 0x7c00 --bits 16. It says hello by INT 10h.
org 0x7C00
bits 16
        cld
        mov     si, hello
.next:
        lodsb
        test    al, al
        jz      .end
        mov     ah, 0x0E
        mov     bx, 7
        int     0x10
        jmp     .next
.end:
        xor     ax, ax
        out     0xF4, al
        jmp     $
hello:  db      "hello from real mode", 13, 10, 0
