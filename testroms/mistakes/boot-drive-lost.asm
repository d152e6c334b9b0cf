; The number of the boot drive was in DL, and has been overwritten.
; boot: disk
; expect: INT 13h at 0000:7C1 ... (AH = 02h, DL = F8h) has failed with status 01h ... The BIOS gives the boot drive in DL
; status: 12
; variants: -DLOOP
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     dx, 0x3F8
        mov     al, 'L'
        out     dx, al
        mov     ax, 0x0201
        mov     bx, 0x7E00
        mov     cx, 2
        mov     dh, 0
        int     0x13
        jc      error
        jmp     0x7E00
error:  cli
%ifdef LOOP
        jmp     $
%endif
        hlt
        SECTOR
