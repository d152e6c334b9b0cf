; Sectors of a track count from 1, and sector 1 is the boot sector.
; boot: disk
; expect: read 1 sector to 00008000h-000081FFh, and it is the boot sector itself that was read, and runs again
; status: 16
; options: --max-ticks 3M
; variants: -DPACKET
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
%ifdef PACKET
        mov     si, packet
        mov     ah, 0x42
%else
        mov     ax, 0x0201
        mov     bx, 0x8000
        mov     cx, 1
        mov     dh, 0
%endif
        int     0x13
        jc      $
        jmp     0:0x8000
packet: dw      0x10, 1, 0x8000, 0
        dq      0
        SECTOR
