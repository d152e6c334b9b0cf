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

; DAC entry AL = DH, CH, CL.
dac_write:
        push    dx
        mov     ah, dh
        mov     dx, 0x3C8
        out     dx, al
        inc     dx
        mov     al, ah
        out     dx, al
        mov     al, ch
        out     dx, al
        mov     al, cl
        out     dx, al
        pop     dx
        ret

; DH, CH, CL = DAC entry AL.
dac_read:
        mov     dx, 0x3C7
        out     dx, al
        add     dl, 2
        in      al, dx
        mov     ah, al
        in      al, dx
        mov     ch, al
        in      al, dx
        mov     cl, al
        mov     dh, ah
        ret

dac_set:                                ; entry BX
        mov     al, bl
        jmp     dac_write

dac_get:
        mov     al, bl
        call    dac_read
        mov     [bp+f_dh], dh
        mov     [bp+f_cx], cx
        ret

dac_set_block:                          ; CX entries from BX on, at ES:DX
        mov     si, dx
        mov     dx, 0x3C8
        mov     al, bl
        out     dx, al
        inc     dx
        jcxz    .done
.next:
%rep 3
        mov     al, [es:si]
        out     dx, al
        inc     si
%endrep
        loop    .next
.done:
        ret

dac_get_block:
        mov     di, dx
        mov     dx, 0x3C7
        mov     al, bl
        out     dx, al
        add     dl, 2
        jcxz    .done
.next:
%rep 3
        in      al, dx
        stosb
%endrep
        loop    .next
.done:
        ret

dac_page:                               ; BL=0: BH = 1 sixteen pages of 16, 0 four of 64; BL=1: page BH
        mov     al, 0x10
        call    attribute_read
        test    bl, bl
        jnz     .page
        and     ah, 0x7F
        shl     bh, 7
        or      ah, bh
        jmp     attribute_write
.page:
        test    ah, 0x80
        mov     ah, bh
        jnz     .sixteen
        shl     ah, 2
.sixteen:
        mov     al, 0x14
        jmp     attribute_write

dac_get_page:                           ; BL = paging mode, BH = page
        mov     al, 0x14
        call    attribute_read
        mov     bh, ah
        mov     al, 0x10
        call    attribute_read
        shr     ah, 7
        mov     bl, ah
        jnz     .sixteen
        shr     bh, 2
.sixteen:
        mov     [bp+f_bx], bx
        ret

dac_set_mask:
        mov     dx, 0x3C6
        mov     al, bl
        out     dx, al
        ret

dac_get_mask:
        mov     dx, 0x3C6
        in      al, dx
        mov     [bp+f_bl], al
        ret

dac_grey:                               ; CX entries from BX on: 30 % red, 59 % green, 11 % blue
        jcxz    .done
.next:
        push    cx
        mov     al, bl
        call    dac_read
        mov     al, 77
        mul     dh
        mov     si, ax
        mov     al, 151
        mul     ch
        add     si, ax
        mov     al, 28
        mul     cl
        add     ax, si
        mov     dh, ah
        mov     ch, ah
        mov     cl, ah
        mov     al, bl
        call    dac_write
        pop     cx
        inc     bl
        loop    .next
.done:
        ret

; ---- AH=0Bh BH=0: border BL, as on a CGA ----
palette_cga:
        test    bh, bh
        jnz     .done
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
        jmp     attribute_write
.done:
        ret
