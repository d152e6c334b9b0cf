; What POST leaves behind.

test_data_area:
        push    ds
        push    word 0x40
        pop     ds
        IS      word [0x0E], 0x9FC0, "BDA: EBDA segment"
        IS      word [0x13], 639, "BDA: 639 KiB"
        IS      byte [0x49], 3, "BDA: mode 3"
        IS      word [0x4A], 80, "BDA: 80 columns"
        IS      word [0x4C], 0x1000, "BDA: page size"
        IS      word [0x63], 0x3D4, "BDA: CRTC port"
        IS      byte [0x84], 24, "BDA: rows"
        IS      word [0x85], 16, "BDA: character height"
        IS      word [0x00], 0x3F8, "BDA: COM1"
        IS      word [0x80], 0x1E, "BDA: keyboard buffer start"
        IS      byte [0x75], 3, "BDA: three disks"
        pop     ds
        int     0x12
        IS      ax, 639, "INT 12h"
        int     0x11
        test    al, 0x02
        CHECK   nz, "INT 11h: FPU"
        and     al, 0x30
        IS      al, 0x20, "INT 11h: 80x25 colour"
        push    ds
        push    word 0xF000
        pop     ds
        IS      byte [0xFFFE], 0xFC, "model byte"
        IS      byte [0xFFF0], 0xEA, "far jump at the reset vector"
        IS      byte [0xFF53], 0xCF, "IRET at FF53"
        pop     ds
        mov     bx, [0x1F*4]
        mov     es, [0x1F*4+2]
        IS      byte [es:bx-1024+8*0x41+1], 0x30, "INT 1Fh follows the lower half of the 8x8 font"
        push    word 0xF000
        pop     es
        IS      byte [es:0xFA6E+8*0x41+1], 0x30, "8x8 font at FA6E"
        les     bx, [0x41*4]
        IS      byte [es:bx+14], 63, "INT 41h: sectors of drive 80h"
        ret
