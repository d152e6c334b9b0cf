; INT 10h AH=10h and 0Bh: attribute controller and DAC.

palette_function:
        mov     si, palette_functions
; Calls the routine for AL from the list at CS:SI: number, routine; ends with FFh.
video_subfunction:
        cmp     byte [cs:si], 0xFF
        je      .done
        cmp     al, [cs:si]
        je      .found
        add     si, 3
        jmp     video_subfunction
.found:
        jmp     [cs:si+1]
.done:
        ret

palette_functions:
        db      0x00
        dw      palette_set
        db      0x01
        dw      palette_set_border
        db      0x02
        dw      palette_set_all
        db      0x03
        dw      palette_blink
        db      0x07
        dw      palette_get
        db      0x08
        dw      palette_get_border
        db      0x09
        dw      palette_get_all
        db      0x10
        dw      dac_set
        db      0x12
        dw      dac_set_block
        db      0x13
        dw      dac_page
        db      0x15
        dw      dac_get
        db      0x17
        dw      dac_get_block
        db      0x18
        dw      dac_set_mask
        db      0x19
        dw      dac_get_mask
        db      0x1A
        dw      dac_get_page
        db      0x1B
        dw      dac_grey
        db      0xFF

; Attribute register AL = AH. The picture stays on.
attribute_write:
        push    dx
        call    attribute_index
        push    ax
        mov     al, ah
        out     dx, al
        pop     ax
        call    attribute_show
        pop     dx
        ret

; AH = attribute register AL.
attribute_read:
        push    dx
        call    attribute_index
        push    ax
        inc     dx
        in      al, dx
        mov     dl, al
        pop     ax
        mov     ah, dl
        call    attribute_show
        pop     dx
        ret

; Selects register AL; DX = 3C0h.
attribute_index:
        push    ax
        mov     dx, [b_crtc]
        add     dl, 6
        in      al, dx
        mov     dx, 0x3C0
        pop     ax
        out     dx, al
        ret

attribute_show:
        push    ax
        mov     dx, [b_crtc]
        add     dl, 6
        in      al, dx
        mov     dx, 0x3C0
        mov     al, 0x20
        out     dx, al
        pop     ax
        ret

palette_set:                            ; register BL = BH
        mov     ax, bx
        and     al, 0x1F
        jmp     attribute_write

palette_set_border:                     ; BH
        mov     al, 0x11
        mov     ah, bh
        jmp     attribute_write

palette_set_all:                        ; 17 bytes at ES:DX
        mov     si, dx
        xor     al, al
        mov     cx, 16
.next:
        mov     ah, [es:si]
        call    attribute_write
        inc     si
        inc     ax
        loop    .next
        mov     al, 0x11
        mov     ah, [es:si]
        jmp     attribute_write

palette_blink:                          ; BL = 1 blinking, 0 bright backgrounds
        mov     al, 0x10
        call    attribute_read
        and     ah, ~0x08
        and     bl, 0x01
        shl     bl, 3
        or      ah, bl
        mov     bh, [b_mode_control]
        and     bh, ~0x20
        shl     bl, 2
        or      bh, bl
        mov     [b_mode_control], bh
        jmp     attribute_write

palette_get:                            ; register BL to BH
        mov     al, bl
        and     al, 0x1F
        call    attribute_read
        mov     [bp+f_bh], ah
        ret

palette_get_border:
        mov     al, 0x11
        call    attribute_read
        mov     [bp+f_bh], ah
        ret

palette_get_all:                        ; 17 bytes to ES:DX
        mov     si, dx
        xor     al, al
        mov     cx, 16
.next:
        call    attribute_read
        mov     [es:si], ah
        inc     si
        inc     ax
        loop    .next
        mov     al, 0x11
        call    attribute_read
        mov     [es:si], ah
        ret

; ---- AH=0Bh, as on a CGA. BH=0: border and background BL; BH=1: green, red, brown (BL=0) or cyan, magenta, white (1) ----
palette_cga:
        cmp     bh, 1
        je      .set
        ja      .done
        mov     al, [b_palette]
        and     al, 0xE0
        mov     ah, bl
        and     ah, 0x1F
        or      al, ah
        mov     [b_palette], al
        mov     ah, bl
        and     bl, 0x08
        add     bl, bl                  ; bright colours are at 10h-17h
        and     ah, 0x07
        or      ah, bl
        mov     al, 0x11
        call    attribute_write
        cmp     byte [b_mode], 4
        jb      .done
        mov     al, 0x00
        jmp     attribute_write
.set:
        and     byte [b_palette], ~0x20
        and     bl, 0x01
        mov     al, bl
        shl     al, 5
        or      [b_palette], al
        mov     al, 1
.colour:
        call    attribute_read
        and     ah, 0xFE
        or      ah, bl
        call    attribute_write
        inc     ax
        cmp     al, 4
        jb      .colour
.done:
        ret
