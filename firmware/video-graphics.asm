; INT 10h in graphics modes: where pixels are; AH=0Ch and 0Dh.

; AL = kind of the current mode, layout only.
mode_kind:
        push    si
        mov     si, video_modes
.find:
        mov     al, [cs:si]
        cmp     al, 0xFF
        je      .unknown                ; somebody else set the mode: left alone as text is
        cmp     al, [b_mode]
        je      .found
        add     si, 4
        jmp     .find
.found:
        mov     al, [cs:si+1]
        and     al, KIND_MASK
        pop     si
        ret
.unknown:
        mov     al, KIND_TEXT
        pop     si
        ret

; ES = segment of the memory of a mode of kind AL.
graphics_segment:
        push    word 0xA000
        pop     es
        cmp     al, KIND_PLANAR
        jae     .done
        push    word 0xB800
        pop     es
.done:
        ret

; DI = offset of the byte with the leftmost pixel of character column DL in scan line CX; mode of kind AL.
graphics_address:
        push    ax
        push    bx
        push    cx
        push    dx
        movzx   bx, dl
        mov     di, [b_columns]
        xor     dx, dx
        cmp     al, KIND_PLANAR
        je      .rows
        jb      .cga
        shl     di, 3
        shl     bx, 3
        jmp     .rows
.cga:
        shr     cx, 1                   ; CF = odd line
        rcr     dx, 1
        shr     dx, 2                   ; 2000h
        cmp     al, KIND_CGA_4
        jne     .rows
        add     di, di
        add     bx, bx
.rows:
        add     bx, dx
        mov     ax, cx
        mul     di
        add     ax, bx
        mov     di, ax
        pop     dx
        pop     cx
        pop     bx
        pop     ax
        ret

; SI = bytes of a character's width in a mode of kind AL.
graphics_width:
        mov     si, 1
        cmp     al, KIND_256
        je      .eight
        cmp     al, KIND_CGA_4
        jne     .done
        inc     si
.done:
        ret
.eight:
        mov     si, 8
        ret

; Graphics controller: AX to register AL, and back to what the mode tables say.
graphics_register:
        push    dx
        mov     dx, 0x3CE
        out     dx, ax
        pop     dx
        ret

planar_begin:                           ; write mode 2; bit 7 of the colour BL: XOR
        mov     ax, 0x0205
        call    graphics_register
        mov     ax, 0x0003
        test    bl, 0x80
        jz      .function
        mov     ah, 0x18
.function:
        jmp     graphics_register

planar_end:
        mov     ax, 0x0005
        call    graphics_register
        mov     ax, 0x0003
        call    graphics_register
        mov     ax, 0xFF08
        jmp     graphics_register

; DI = offset of page BH.
graphics_page:
        push    ax
        push    dx
        movzx   ax, bh
        and     al, 0x07
        mul     word [b_page_size]
        mov     di, ax
        pop     dx
        pop     ax
        ret

; ES:DI = byte of pixel CX, DX on page BH, CL = its bit in that byte counted from the left (CGA: of the first of its bits).
; AL = kind. CF = this is no graphics mode.
graphics_pixel:
        call    mode_kind
        cmp     al, KIND_TEXT
        je      .none
        push    ax
        push    bx
        push    dx
        call    graphics_segment
        xor     di, di
        cmp     al, KIND_PLANAR
        jne     .page_0
        call    graphics_page
.page_0:
        mov     bx, di
        xchg    cx, dx                  ; CX = line, DX = column of pixels
        push    dx
        mov     dl, 0
        call    graphics_address
        pop     dx
        add     di, bx
        mov     cx, dx
        mov     bx, dx
        cmp     al, KIND_256
        je      .add
        shr     bx, 3
        and     cl, 0x07
        cmp     al, KIND_CGA_4
        jne     .add
        mov     cx, dx
        mov     bx, dx
        shr     bx, 2
        and     cl, 0x03
        add     cl, cl
.add:
        add     di, bx
        pop     dx
        pop     bx
        pop     ax
        clc
        ret
.none:
        stc
        ret

; ---- AH=0Ch: pixel CX, DX on page BH = AL; bit 7: XOR, but not with 256 colours ----
pixel_write:
        push    es
        mov     bl, al
        call    graphics_pixel
        jc      .done
        cmp     al, KIND_PLANAR
        je      .planar
        ja      .byte
        mov     ah, 0x80                ; mask
        mov     bh, bl
        ror     bh, 1                   ; colour at the left end
        cmp     al, KIND_CGA_2
        je      .bits
        mov     ah, 0xC0
        ror     bh, 1
.bits:
        and     bh, ah
        shr     ah, cl
        shr     bh, cl
        test    bl, 0x80
        jnz     .xor
        not     ah
        and     [es:di], ah
.xor:
        xor     [es:di], bh
        jmp     .done
.byte:
        mov     [es:di], bl
        jmp     .done
.planar:
        call    planar_begin
        mov     ax, 0x8008
        shr     ah, cl
        call    graphics_register
        mov     al, [es:di]             ; fills the latches
        mov     [es:di], bl
        call    planar_end
.done:
        pop     es
        ret

; ---- AH=0Dh: AL = pixel CX, DX of page BH ----
pixel_read:
        push    es
        call    graphics_pixel
        jc      .done
        cmp     al, KIND_PLANAR
        je      .planar
        mov     ah, [es:di]
        ja      .value
        shl     ah, cl
        cmp     al, KIND_CGA_2
        mov     cl, 7
        je      .shift
        mov     cl, 6
.shift:
        shr     ah, cl
        jmp     .value
.planar:
        mov     bl, 0x80
        shr     bl, cl
        xor     bh, bh
        mov     ax, 0x0304              ; read plane 3 first
.plane:
        call    graphics_register
        add     bh, bh
        test    [es:di], bl
        jz      .clear
        inc     bh
.clear:
        dec     ah
        jns     .plane
        mov     ax, 0x0004
        call    graphics_register
        mov     ah, bh
.value:
        mov     [bp+f_al], ah
.done:
        pop     es
        ret
