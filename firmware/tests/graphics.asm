; INT 10h in graphics modes: pixels, characters, scrolling, read back through INT 10h and once from the memory itself.

test_graphics:
        mov     si, .modes
.mode:
        mov     al, [si]
        cmp     al, 0xFF
        je      .memory
        mov     ah, 0x00
        int     0x10
        mov     ah, 0x0F
        int     0x10
        IS      al, [si], "0Fh: graphics mode"
        IS      ah, [si+1], "0Fh: its columns"
        mov     al, [si+2]              ; a pixel in the mode's brightest colour
        mov     ah, 0x0C
        mov     bh, 0
        mov     cx, 35
        mov     dx, 101
        int     0x10
        mov     ah, 0x0D
        int     0x10
        IS      al, [si+2], "0Ch, 0Dh: pixel"
        mov     cx, 36
        mov     ah, 0x0D
        int     0x10
        IS      al, 0, "0Dh: the one beside it is black"
        mov     ah, 0x02
        mov     dx, 0x0105
        int     0x10
        mov     ax, 0x0951
        mov     bx, 0x0001
        mov     cx, 2
        int     0x10
        mov     dx, 0x0106
        mov     ah, 0x02
        int     0x10
        mov     ah, 0x08
        mov     bh, 0
        int     0x10
        IS      al, 'Q', "09h, 08h: character"
        mov     ax, 0x0601              ; up
        mov     bh, 0
        xor     cx, cx
        mov     dx, 0x0A07
        int     0x10
        mov     ah, 0x02
        mov     dx, 0x0006
        mov     bh, 0
        int     0x10
        mov     ah, 0x08
        int     0x10
        IS      al, 'Q', "06h: is one line up"
        mov     ax, 0x0703
        mov     bh, 0
        mov     cx, 0x0006
        mov     dx, 0x0A06
        int     0x10
        mov     ah, 0x08
        mov     bh, 0
        int     0x10
        IS      al, 0, "07h: came in blank"      ; the first blank character is 00
        mov     dx, 0x0306
        mov     ah, 0x02
        int     0x10
        mov     ah, 0x08
        int     0x10
        IS      al, 'Q', "07h: is three lines down"
        mov     dx, 0x0005
        mov     ah, 0x02
        int     0x10
        mov     ah, 0x08
        int     0x10
        IS      al, 'Q', "07h: the column beside did not move"
        mov     dh, [0x484]             ; last line, last column: the screen scrolls
        mov     dl, [si+1]
        dec     dl
        mov     ah, 0x02
        int     0x10
        mov     ax, 0x0E5A
        mov     bx, 0x0001
        int     0x10
        mov     ah, 0x03
        int     0x10
        IS      dl, 0, "0Eh: wraps"
        dec     dh
        mov     dl, [si+1]
        dec     dl
        mov     ah, 0x02
        int     0x10
        mov     ah, 0x08
        int     0x10
        IS      al, 'Z', "0Eh: and scrolls"
        add     si, 3
        jmp     .mode
.memory:
        mov     ax, 0x0013
        int     0x10
        push    word 0xA000
        pop     es
        mov     ax, 0x0E41
        mov     bx, 0x00AB
        int     0x10
        IS      dword [es:320+0], 0xABAB0000, "mode 13h: an A in colour ABh"
        mov     ax, 0x1015
        mov     bx, 32
        int     0x10
        IS      cx, 0x003F, "mode 13h: colour 32 is blue"
        mov     ax, 0x1015
        mov     bx, 40
        int     0x10
        IS      dh, 0x3F, "mode 13h: colour 40 is red"
        IS      cx, 0x0000, "mode 13h: and nothing else"
        mov     ax, 0x0003
        int     0x10
        ret
; mode, columns, brightest colour
.modes: db      0x04, 40, 3
        db      0x06, 80, 1
        db      0x0D, 40, 15
        db      0x0E, 80, 15
        db      0x10, 80, 15
        db      0x11, 80, 15
        db      0x12, 80, 15
        db      0x13, 40, 255
        db      0xFF
