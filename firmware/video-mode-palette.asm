; The DAC as a mode starts with it, for INT 10h AH=00h.

; The DAC for the mode: BL = kind, CS:SI = mode.
mode_palette:
        mov     dx, 0x3C8
        xor     al, al
        out     dx, al
        inc     dx
        mov     cx, 64
        xor     bh, bh
        cmp     byte [b_mode], 7
        je      palette_mono
        test    byte [cs:si+vp_attribute+8], 0x20
        jz      palette_16
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
        push    cx
        call    palette_cga_colour
        pop     cx
        inc     bh
        loop    palette_16
        ret

; One CGA colour: AH bits 2-0 = R G B, bit 4 = bright. Brown instead of dark yellow.
palette_cga_colour:
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
