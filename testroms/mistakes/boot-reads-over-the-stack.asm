; INT 13h reads more than there is room for below the stack.
; boot: disk
; expect: read 64 sectors to 00001000h-00008FFFh, over the stack at 00007 ... where the way back from INT 13h lay
; status: 12
; variants: -DPACKET
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
%ifdef PACKET
        mov     sp, 0x7A00
        mov     si, packet
        mov     ah, 0x42
%else
        mov     sp, 0x7C00
        mov     ax, 0x0240
        mov     bx, 0x1000
        mov     cx, 2
        mov     dh, 0
%endif
        int     0x13
        jc      $
        jmp     0:0x1000
packet: dw      0x10, 64, 0x1000, 0
        dq      1
        SECTOR
