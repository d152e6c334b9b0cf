; INT 13h reads a sector to where the boot sector itself is, and returns to what is there then.
; boot: disk
; expect: INT 13h at 0000:7C ... has overwritten the code that called it
; status: 12
%include "boot.inc"
        xor     ax, ax
        mov     es, ax
        mov     bx, 0x7C00
        mov     ax, 0x0201
        mov     cx, 2
        mov     dx, 0x80
        int     0x13
        jmp     0x7E00
        SECTOR
