; Drive 81h: 3 GiB, translated to 1024 cylinders. Drive 82h: 200 GiB, beyond 28 bits of block address.
; run.py wrote the number of some sectors into them.

test_disk_large:
        push    ds
        pop     es
        mov     ah, 0x08
        mov     dl, 0x81
        int     0x13
        CHECK   nc, "08h: drive 81h"
        IS      dh, 127, "3 GiB: 128 heads"
        IS      cl, 63 | 0xC0, "3 GiB: 63 sectors, upper cylinder bits"
        IS      ch, 0x0B, "3 GiB: 780 cylinders" ; 6291456 / (128 * 63)
        mov     ax, 0x0201
        mov     bx, buffer
        mov     cx, (0x2BC & 0xFF) << 8 | 0x80 | 7      ; cylinder 700, head 100, sector 7
        mov     dx, 100 << 8 | 0x81
        int     0x13
        CHECK   nc, "3 GiB: read by CHS"
        IS      dword [buffer], (700 * 128 + 100) * 63 + 6, "3 GiB: the right sector"
        mov     ah, 0x42
        mov     si, .packet_81
        mov     dl, 0x81
        int     0x13
        IS      dword [buffer], 6291455, "3 GiB: last sector"
        mov     ah, 0x08
        mov     dl, 0x82
        int     0x13
        IS      dh, 254, "200 GiB: 255 heads"
        IS      cx, 0xFFFF, "200 GiB: 1024 cylinders, 63 sectors"
        mov     ah, 0x42
        mov     si, .packet_82
        mov     dl, 0x82
        int     0x13
        CHECK   nc, "200 GiB: read across 28 bits"
        IS      dword [buffer], 0x0FFFFFFF, "200 GiB: last 28-bit sector"
        IS      dword [buffer+512], 0x10000000, "200 GiB: first 48-bit sector"
        mov     dword [buffer+4], 0x600DCAFE
        mov     dword [buffer+512+4], 0x600DF00D
        mov     ax, 0x4300
        mov     si, .packet_82
        mov     dl, 0x82
        int     0x13
        CHECK   nc, "200 GiB: write across 28 bits"
        mov     dword [buffer+4], 0
        mov     dword [buffer+512+4], 0
        mov     ah, 0x42
        mov     si, .packet_82
        mov     dl, 0x82
        int     0x13
        IS      dword [buffer+4], 0x600DCAFE, "200 GiB: first of them is written"
        IS      dword [buffer+512+4], 0x600DF00D, "200 GiB: second of them is written"
        mov     ah, 0x44
        mov     si, .packet_82
        mov     dl, 0x82
        int     0x13
        CHECK   nc, "200 GiB: verify"
        mov     ah, 0x42
        mov     si, .packet_end
        mov     dl, 0x82
        int     0x13
        CHECK   nc, "200 GiB: read the last sector"
        IS      dword [buffer], 200 * 2097152 - 1, "200 GiB: last sector"
        IS      byte [0x475], 3, "three drives"
        ret
.packet_81:
        db      16, 0
        dw      1, buffer, 0
        dq      6291455
.packet_82:
        db      16, 0
        dw      2, buffer, 0
        dq      0x0FFFFFFF
.packet_end:
        db      16, 0
        dw      1, buffer, 0
        dq      200 * 2097152 - 1
