; INT 10h, read back from the display memory.

screen          equ 0xB800

clear_screen:
        mov     ax, 0x0003
        int     0x10
        push    word screen
        pop     es
        ret

test_video:
        call    clear_screen
        IS      word [es:0], 0x0720, "mode 3 clears the screen"
        IS      word [es:3998], 0x0720, "mode 3 clears the last cell"
        mov     ah, 0x0F
        mov     bh, 0xFF
        int     0x10
        IS      ax, 0x5003, "0Fh: mode 3, 80 columns"
        IS      bh, 0, "0Fh: page 0"
        mov     ah, 0x02
        mov     bh, 0
        mov     dx, 0x0A14
        int     0x10
        mov     ah, 0x03
        int     0x10
        IS      dx, 0x0A14, "02h, 03h: cursor position"
        IS      cx, 0x0607, "03h: cursor shape"
        mov     dx, 0x3D4
        mov     al, 0x0E
        out     dx, al
        inc     dx
        in      al, dx
        mov     bh, al
        dec     dx
        mov     al, 0x0F
        out     dx, al
        inc     dx
        in      al, dx
        mov     bl, al
        IS      bx, 10 * 80 + 20, "02h: cursor registers of the CRTC"
        dec     dx
        mov     al, 0x0A
        out     dx, al
        inc     dx
        in      al, dx
        IS      al, 13, "underline cursor is scaled to 16 lines"
        mov     ax, 0x0958              ; X, white on blue, three times
        mov     bx, 0x001F
        mov     cx, 3
        int     0x10
        IS      dword [es:(10*80+20)*2], 0x1F581F58, "09h: cells 1 and 2"
        IS      dword [es:(10*80+22)*2], 0x07201F58, "09h: cell 3 and no more"
        mov     ax, 0x0A59
        mov     bx, 0x0044
        mov     cx, 2
        int     0x10
        IS      dword [es:(10*80+20)*2], 0x1F591F59, "0Ah: characters change, attributes stay"
        mov     ah, 0x08
        mov     bh, 0
        int     0x10
        IS      ax, 0x1F59, "08h: character and attribute"
        mov     ax, 0x0601              ; window 10,20 to 12,22 up by one, attribute 4E
        mov     bh, 0x4E
        mov     cx, 0x0A14
        mov     dx, 0x0C16
        mov     dword [es:(11*80+20)*2], 0x12341234
        mov     word [es:(11*80+23)*2], 0x5678
        int     0x10
        IS      dword [es:(10*80+20)*2], 0x12341234, "06h: line 11 moves to 10"
        IS      dword [es:(12*80+20)*2], 0x4E204E20, "06h: blank line in the attribute"
        IS      word [es:(11*80+23)*2], 0x5678, "06h: nothing moves beside the window"
        mov     ax, 0x0702
        mov     bh, 0x30
        mov     cx, 0x0A14
        mov     dx, 0x0C16
        int     0x10
        IS      dword [es:(12*80+20)*2], 0x12341234, "07h: line 10 moves to 12"
        IS      dword [es:(10*80+20)*2], 0x30203020, "07h: blank line 10"
        IS      dword [es:(11*80+20)*2], 0x30203020, "07h: blank line 11"
        mov     ax, 0x0600
        mov     bh, 0x17
        xor     cx, cx
        mov     dx, 0xFFFF
        int     0x10
        IS      word [es:0], 0x1720, "06h AL=0: first cell, window beyond the screen"
        IS      word [es:3998], 0x1720, "06h AL=0: last cell"
        IS      word [es:4000], 0x0720, "06h AL=0: not past the last cell"
        mov     ax, 0x0501
        int     0x10
        mov     ah, 0x0F
        int     0x10
        IS      bh, 1, "05h: page 1"
        mov     ax, 0x0941
        mov     bx, 0x0107
        mov     cx, 1
        int     0x10
        IS      word [es:0x1000], 0x0741, "09h on page 1"
        mov     ax, 0x0500
        int     0x10
        call    test_palette
        call    test_fonts
        call    test_video_state
        mov     ax, 0x0001
        int     0x10
        mov     ah, 0x0F
        int     0x10
        IS      ax, 0x2801, "mode 1: 40 columns"
        mov     ax, 0x0007
        int     0x10
        push    word 0xB000
        pop     es
        IS      word [es:0], 0x0720, "mode 7 clears B0000h"
        push    word 0x40
        pop     es
        IS      word [es:0x63], 0x3B4, "mode 7: CRTC port"
        call    clear_screen
        mov     word [es:100], 0x4142
        mov     ax, 0x0083
        int     0x10
        IS      word [es:100], 0x4142, "mode 83h keeps the memory"
        mov     ax, 0x0003
        int     0x10
        ret

test_palette:
        mov     ax, 0x1007
        mov     bl, 6
        int     0x10
        IS      bh, 0x14, "1007h: brown is 14h"
        mov     ax, 0x1000
        mov     bx, 0x2A06
        int     0x10
        mov     ax, 0x1007
        mov     bx, 0x0006
        int     0x10
        IS      bh, 0x2A, "1000h sets it"
        mov     ax, 0x1015
        mov     bx, 0x0014
        int     0x10
        IS      dh, 0x2A, "1015h: brown, red"
        IS      cx, 0x1500, "1015h: brown, green and blue"
        mov     ax, 0x1015
        mov     bx, 0x003F
        int     0x10
        IS      dh, 0x3F, "1015h: white, red"
        IS      cx, 0x3F3F, "1015h: white, green and blue"
        mov     ax, 0x1010
        mov     bx, 0x0055
        mov     dh, 1
        mov     cx, 0x0203
        int     0x10
        push    es
        push    ds
        pop     es
        mov     ax, 0x1017
        mov     bx, 0x0055
        mov     cx, 1
        mov     dx, buffer
        int     0x10
        pop     es
        IS      word [buffer], 0x0201, "1010h, 1017h: red and green"
        IS      byte [buffer+2], 3, "1010h, 1017h: blue"
        mov     ax, 0x0003
        int     0x10
        ret

test_fonts:
        push    es
        mov     ax, 0x1130
        mov     bh, 6
        int     0x10
        IS      byte [es:bp+16*0xC4+8], 0xFF, "1130h: 8x16 font, horizontal line"
        IS      cx, 16, "1130h: height"
        IS      dl, 24, "1130h: rows"
        pop     es
        mov     ax, 0x1112
        mov     bl, 0
        int     0x10
        push    ds
        push    word 0x40
        pop     ds
        IS      byte [0x84], 49, "1112h: 50 lines"
        IS      byte [0x85], 8, "1112h: height 8"
        pop     ds
        mov     ah, 0x02
        mov     bh, 0
        mov     dx, 0x3100
        int     0x10
        mov     ax, 0x0941
        mov     bx, 0x0007
        mov     cx, 1
        int     0x10
        IS      word [es:49*160], 0x0741, "line 49 can be written"
        mov     ax, 0x0003
        int     0x10
        mov     dx, 0x3C4               ; the font is where the hardware looks for it
        mov     ax, 0x0402
        out     dx, ax
        mov     ax, 0x0704
        out     dx, ax
        mov     dl, 0xCE
        mov     ax, 0x0204
        out     dx, ax
        mov     ax, 0x0005
        out     dx, ax
        mov     ax, 0x0406
        out     dx, ax
        push    es
        push    word 0xA000
        pop     es
        mov     bx, [es:0xC4*32+8]
        pop     es
        mov     ax, 0x0003
        int     0x10
        IS      bx, 0x00FF, "mode 3 loads the 8x16 font to plane 2"
        ret

test_video_state:
        mov     ax, 0x1A00
        xor     bx, bx
        int     0x10
        IS      al, 0x1A, "1Ah is known"
        IS      bx, 0x0008, "1Ah: VGA, colour"
        mov     ah, 0x12
        mov     bx, 0xFF10
        int     0x10
        IS      bx, 0x0003, "12h BL=10h: colour, 256 KiB"
        push    es
        push    ds
        pop     es
        mov     ah, 0x1B
        xor     bx, bx
        mov     di, buffer
        mov     byte [buffer+64], 0x5A
        int     0x10
        pop     es
        IS      al, 0x1B, "1Bh is known"
        IS      byte [buffer+4], 3, "1Bh: mode"
        IS      byte [buffer+0x22], 25, "1Bh: rows"
        IS      byte [buffer+0x2A], 2, "1Bh: 400 scan lines"
        IS      byte [buffer+0x31], 3, "1Bh: 256 KiB"
        IS      byte [buffer+64], 0x5A, "1Bh: 64 bytes and no more"
        ret
