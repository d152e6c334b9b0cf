; The DAC as a mode starts with it, for INT 10h AH=00h.

; BL = kind of the mode.
mode_palette:
        mov     dx, 0x3C8
        xor     al, al
        out     dx, al
        inc     dx
        mov     cx, 64
        xor     bh, bh
        mov     al, bl
        and     al, DAC_MASK
        cmp     al, DAC_16
        je      palette_16
        cmp     al, DAC_256
        je      palette_256
        cmp     al, DAC_MONO
        je      palette_mono

; 64 entries: bits 5-3 are the thirds r g b, bits 2-0 the two-thirds R G B.
palette_64:
        mov     al, bh
        shr     al, 2
        call    .gun
        mov     al, bh
        shr     al, 1
        call    .gun
        mov     al, bh
        call    .gun
        inc     bh
        loop    palette_64
        ret
.gun:
        mov     ah, al
        and     ax, 0x0801              ; AL bit 0: two thirds, AH bit 3: one third
        neg     al
        and     al, 0x2A
        test    ah, ah
        jz      .out
        add     al, 0x15
.out:
        out     dx, al
        ret

; The 16 colours of the CGA, for palettes that use DAC entries 0-7 and 10h-17h; repeated over 64.
palette_16:
        mov     ah, bh
        and     ah, 0x17                ; bit 4: bright
        call    palette_cga_colour
        inc     bh
        loop    palette_16
        ret

; One CGA colour: AH bits 2-0 = R G B, bit 4 = bright. Brown instead of dark yellow.
palette_cga_colour:
        push    cx
        mov     cl, 0
        test    ah, 0x10
        jz      .dark
        mov     cl, 0x15
.dark:
        mov     al, 0
        test    ah, 0x04
        jz      .red
        mov     al, 0x2A
.red:
        add     al, cl
        out     dx, al
        mov     al, 0
        test    ah, 0x02
        jz      .green
        mov     al, 0x2A
        cmp     ah, 0x06
        jne     .green
        mov     al, 0x15
.green:
        add     al, cl
        out     dx, al
        mov     al, 0
        test    ah, 0x01
        jz      .blue
        mov     al, 0x2A
.blue:
        add     al, cl
        out     dx, al
        pop     cx
        ret

; Monochrome text: black, normal at 08h-0Fh, bright at 18h-1Fh.
palette_mono:
        mov     al, 0
        test    bh, 0x08
        jz      .out
        mov     al, 0x2A
        test    bh, 0x10
        jz      .out
        mov     al, 0x3F
.out:
        out     dx, al
        out     dx, al
        out     dx, al
        inc     bh
        loop    palette_mono
        ret

; 256 colours: the CGA's 16, 16 greys, 9 rounds of 24 hues (three brightnesses by three saturations), 8 black.
palette_256:
        push    si
        push    bx
        mov     cx, 16
.cga:
        mov     ah, bh
        and     ah, 0x07
        mov     al, bh
        and     al, 0x08
        add     al, al
        or      ah, al
        call    palette_cga_colour
        inc     bh
        loop    .cga
        mov     si, .greys
        mov     cx, 16
.grey:
        cs lodsb
        out     dx, al
        out     dx, al
        out     dx, al
        loop    .grey
        mov     si, .levels
.round:
        mov     cx, 24
        xor     bx, bx
.hue:
        call    .gun                    ; red
        push    bx
        add     bx, 16
        call    .gun                    ; green is a third of the round behind
        sub     bx, 8
        call    .gun                    ; blue another third
        pop     bx
        inc     bx
        loop    .hue
        add     si, 5
        cmp     si, .levels_end
        jb      .round
        xor     al, al
        mov     cx, 24
.black:
        out     dx, al
        loop    .black
        pop     bx
        pop     si
        ret
; How strong a gun is at hue BX (up to 47): level 0-4 of the round at CS:SI.
.gun:
        push    bx
        cmp     bx, 24
        jb      .turn
        sub     bx, 24
.turn:
        movzx   bx, byte [cs:bx+.strength]
        mov     al, [cs:bx+si]
        out     dx, al
        pop     bx
        ret
.strength:
        db      0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0
.greys: db      0x00, 0x05, 0x08, 0x0B, 0x0E, 0x11, 0x14, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x2D, 0x32, 0x38, 0x3F
.levels:
        db      0x00, 0x10, 0x1F, 0x2F, 0x3F
        db      0x1F, 0x27, 0x2F, 0x37, 0x3F
        db      0x2D, 0x31, 0x36, 0x3A, 0x3F
        db      0x00, 0x07, 0x0E, 0x15, 0x1C
        db      0x0E, 0x11, 0x15, 0x18, 0x1C
        db      0x14, 0x16, 0x18, 0x1A, 0x1C
        db      0x00, 0x04, 0x08, 0x0C, 0x10
        db      0x08, 0x0A, 0x0C, 0x0E, 0x10
        db      0x0B, 0x0C, 0x0D, 0x0F, 0x10
.levels_end:
