; INT 13h on drive 80h: 16 MiB, no translation. Every sector from 64 on holds its number in its first and last double word.

test_disk:
        push    ds
        pop     es
        mov     ah, 0x08
        mov     dl, 0x80
        mov     di, 0x1234
        int     0x13
        CHECK   nc, "08h: drive 80h"
        IS      dl, 3, "08h: three drives"
        IS      cl, 63, "08h: 63 sectors"
        IS      dh, 15, "08h: 16 heads"
        IS      ch, 31, "08h: 32 cylinders"
        mov     ah, 0x15
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "15h: drive 80h"
        IS      ah, 3, "15h: fixed disk"
        IS      dx, 32 * 16 * 63, "15h: sectors"
        mov     ax, 0x0204              ; cylinder 1, head 2, sector 5: LBA 1008 + 126 + 4 = 1138
        mov     bx, buffer
        mov     cx, 0x0105
        mov     dx, 0x0280
        int     0x13
        CHECK   nc, "02h: four sectors"
        IS      ax, 0x0004, "02h: AX = status 0, four sectors"
        IS      dword [buffer], 1138, "02h: first sector"
        IS      dword [buffer+3*512+508], 1141, "02h: last sector, last word"
        push    ds
        pop     es
        mov     di, buffer
        mov     cx, 0x400
        xor     ax, ax
        rep     stosw
        mov     si, .packet
        mov     ah, 0x42
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "42h: four sectors"
        IS      ah, 0, "42h: status 0"
        IS      dword [buffer], 1138, "42h: first sector, as by CHS"
        IS      dword [buffer+3*512+508], 1141, "42h: last sector, last word"
        IS      word [.packet+2], 4, "42h: count in the packet"
        call    test_disk_write
        call    test_disk_errors
        call    test_disk_wrap
        call    test_edd
        ret
.packet:
        db      16, 0
        dw      4, buffer, 0
        dq      1138

test_disk_write:
        mov     di, buffer
        mov     cx, 1024
        mov     eax, 0x13579BDF
.fill:
        mov     [di], eax
        rol     eax, 1
        add     eax, 0x01010101
        add     di, 4
        loop    .fill
        mov     ax, 0x0308              ; eight sectors at LBA 2000 = 1, 15, 48
        mov     bx, buffer
        mov     cx, 0x0130
        mov     dx, 0x0F80
        int     0x13
        CHECK   nc, "03h: eight sectors"
        IS      ax, 0x0008, "03h: AX"
        mov     ax, 0x0408
        mov     cx, 0x0130
        mov     dx, 0x0F80
        int     0x13
        CHECK   nc, "04h: verify"
        mov     si, .packet
        mov     ah, 0x42
        mov     dl, 0x80
        int     0x13
        mov     si, buffer
        mov     di, buffer_2
        mov     cx, 1024
        repe    cmpsd
        CHECK   e, "42h reads what 03h wrote"
        not     dword [buffer_2]
        mov     ax, 0x4300
        mov     si, .packet
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "43h: eight sectors"
        mov     ax, 0x0201
        mov     bx, buffer
        mov     cx, 0x0130
        mov     dx, 0x0F80
        int     0x13
        mov     eax, [buffer_2]
        IS      eax, [buffer], "02h reads what 43h wrote"
        mov     ah, 0x44
        mov     si, .packet
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "44h: verify"
        ret
.packet:
        db      16, 0
        dw      8, buffer_2, 0
        dq      2000

test_disk_errors:
        mov     ax, 0x0201
        mov     bx, buffer
        mov     cx, 0x0001
        mov     dx, 0x0083
        int     0x13
        CHECK   c, "02h: drive 83h is not there"
        IS      ah, 0x01, "02h: status 01"
        mov     ax, 0x0201
        mov     cx, 0x0000              ; sector 0
        mov     dx, 0x0080
        int     0x13
        CHECK   c, "02h: sector 0"
        mov     ah, 0x01
        mov     dl, 0x80
        int     0x13
        CHECK   c, "01h: the last one failed"
        IS      ah, 0x01, "01h: its status"
        mov     ah, 0x01
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "01h: cleared by reading"
        mov     ax, 0x0201
        mov     cx, 0x2001              ; cylinder 32
        mov     dx, 0x0080
        int     0x13
        CHECK   c, "02h: cylinder behind the last"
        mov     ax, 0x0200
        mov     cx, 0x0001
        mov     dx, 0x0080
        int     0x13
        CHECK   c, "02h: no sectors"
        mov     ah, 0x7E
        mov     dl, 0x80
        int     0x13
        CHECK   c, "7Eh is unknown"
        IS      ah, 0x01, "7Eh: status 01"
        mov     ah, 0x00
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "00h: reset"
        mov     ah, 0x10
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "10h: ready"
        mov     ah, 0x08
        mov     dl, 0x01
        mov     bl, 0xFF
        int     0x13
        CHECK   c, "08h: no diskette drive"
        IS      bl, 0, "08h: type 0"
        mov     ax, 0x0201
        mov     bx, buffer
        mov     cx, 0x0001
        mov     dx, 0x0001
        int     0x13
        CHECK   c, "02h: no diskette drive"
        IS      ah, 0x80, "02h: status 80h"
        mov     ah, 0x15
        mov     dl, 0x01
        int     0x13
        CHECK   nc, "15h: diskette"
        IS      ah, 0, "15h: none there"
        push    ds
        pop     es
        mov     ah, 0x42
        mov     si, .beyond
        mov     dl, 0x80
        int     0x13
        CHECK   c, "42h: beyond the end"
        ret
.beyond:
        db      16, 0
        dw      2, buffer, 0
        dq      32767

; A transfer whose offset passes FFFFh goes on in the memory behind, not at offset 0.
test_disk_wrap:
        push    word 0x2000
        pop     es
        mov     word [es:0], 0x5A5A
        mov     ax, 0x0204
        mov     bx, 0xFC10
        mov     cx, 0x0105
        mov     dx, 0x0280
        int     0x13
        CHECK   nc, "02h to 2000:FC10"
        IS      dword [es:0xFC10], 1138, "wrap: first sector"
        IS      word [es:0], 0x5A5A, "wrap: offset 0 is left alone"
        push    word 0x3000
        pop     es
        IS      dword [es:0x0010], 1140, "wrap: third sector follows"
        IS      dword [es:0x0010+1020], 1141, "wrap: end"
        push    word 0x2000
        pop     es
        mov     ax, 0x0204
        mov     bx, 0xFDF1              ; odd address
        mov     cx, 0x0105
        mov     dx, 0x0280
        int     0x13
        IS      dword [es:0xFDF1], 1138, "odd buffer: first sector"
        IS      dword [es:0xFFF1], 1139, "odd buffer: second sector, across the end"
        push    word 0x3000
        pop     es
        IS      dword [es:0x03F1-4], 1140, "odd buffer: third sector's end"
        push    word 0x2000
        pop     es
        mov     ax, 0x0280              ; 64 KiB at once
        xor     bx, bx
        mov     cx, 0x0201
        mov     dx, 0x0080
        int     0x13
        CHECK   nc, "02h: 128 sectors"
        IS      dword [es:0], 2016, "128 sectors: first"
        IS      dword [es:0xFE00], 2143, "128 sectors: last"
        mov     ah, 0x42                ; 100 KiB, more than one command of the drive
        mov     si, .packet
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "42h: 200 sectors"
        IS      word [.packet+2], 200, "200 sectors: count in the packet"
        push    word 0x3000
        pop     es
        IS      dword [es:0x8FFC], 3199, "200 sectors: end"
        IS      dword [es:0x0000], 3128, "200 sectors: the one that begins at 64 KiB"
        mov     ah, 0x42
        mov     si, .flat
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "42h: flat address"
        IS      dword [es:0x1234], 4000, "flat address: there it is"
        push    word 0xFFFF             ; above 1 MiB, where DOS keeps itself
        pop     es
        mov     ax, 0x0202
        mov     bx, 0x0010
        mov     cx, 0x0105
        mov     dx, 0x0280
        int     0x13
        CHECK   nc, "02h to FFFF:0010"
        IS      dword [es:0x0010], 1138, "FFFF:0010: first sector"
        IS      dword [es:0x0210], 1139, "FFFF:0010: second sector"
        ret
.packet:
        db      16, 0
        dw      200, 0x0000, 0x2000
        dq      3000
.flat:
        db      24, 0
        dw      1, 0xFFFF, 0xFFFF
        dq      4000
        dq      0x31234
