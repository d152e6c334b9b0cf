; INT 10h AX=4F05h to 4F09h: what of the memory is seen, by the processor and on the screen; the palette.
; VBE Core Functions Standard 3.0, functions 05h to 09h.

; ---- 05h: BH=0: window BL to 64 KiB number DX; BH=1: DX = where it is ----
vbe_window:
        test    bl, bl
        jnz     vbe_failed              ; there is only window A
        cmp     bh, 1
        ja      vbe_failed
        mov     al, VBE_BANK
        je      .get
        mov     bx, dx
        call    vbe_write
        call    vbe_read
        cmp     ax, dx
        jne     vbe_failed
        ret
.get:
        call    vbe_read
        mov     [bp+f_dx], ax
        ret

; The same as a far routine, found in ModeInfoBlock.
vbe_window_far:
        test    bl, bl
        jnz     .done
        push    ax
        mov     al, VBE_BANK
        test    bh, bh
        jnz     .get
        push    bx
        mov     bx, dx
        call    vbe_write
        pop     bx
        pop     ax
        retf
.get:
        call    vbe_read
        mov     dx, ax
        pop     ax
.done:
        retf

; ---- 06h: length of a line; BL=0: CX dots, 1: only tell, 2: CX bytes, 3: tell the longest ----
vbe_line_length:
        call    vbe_is_off
        jz      vbe_failed
        cmp     bl, 3
        ja      vbe_failed
        je      .longest
        cmp     bl, 1
        je      .tell
        jb      .set
        call    vbe_dots_of_bytes
.set:
        mov     bx, cx
        mov     al, VBE_WIDTH
        call    vbe_write
        call    vbe_read
        cmp     ax, cx
        jne     vbe_failed
.tell:
        mov     al, VBE_WIDTH
        call    vbe_read
        mov     cx, ax
        mov     al, VBE_HEIGHT
        call    vbe_read
        mov     dx, ax
.answer:
        mov     [bp+f_cx], cx
        mov     [bp+f_dx], dx
        mov     al, VBE_BPP
        call    vbe_read
        mov     bl, al
        mov     ax, cx
        call    vbe_pitch
        mov     [bp+f_bx], ax
        ret
.longest:
        mov     al, VBE_YRES
        call    vbe_read
        mov     dx, ax
        mov     cx, 8192                ; as long as no depth needs more than 64 KiB for it
        call    vbe_bytes
        shr     eax, 2
        push    dx
        movzx   ebx, dx
        xor     edx, edx
        div     ebx
        pop     dx
        cmp     eax, 8192
        jae     .answer
        mov     cx, ax
        jmp     .answer

; CX = dots that CX bytes of a line hold.
vbe_dots_of_bytes:
        mov     al, VBE_BPP
        call    vbe_read
        cmp     al, 4
        je      .planar
        push    dx
        mov     bl, al
        add     bl, 7
        shr     bl, 3
        mov     bh, 0
        mov     ax, cx
        xor     dx, dx
        div     bx
        mov     cx, ax
        pop     dx
        ret
.planar:
        shl     cx, 3
        ret

; ---- 07h: BL=0, 80h: the screen starts at dot CX of line DX (80h: from a retrace on); 1: tell; 2, 82h: at byte ECX ----
vbe_display_start:
        call    vbe_is_off
        jz      vbe_failed
        mov     ah, bl
        and     bl, 0x7F
        cmp     bl, 1
        je      .tell
        cmp     bl, 2
        ja      vbe_failed
        jb      .dots
        push    ax
        call    vbe_place_of_byte
        pop     ax
.dots:
        test    ah, ah
        jns     .now
        call    vbe_wait_retrace
.now:
        mov     al, VBE_X
        mov     bx, cx
        call    vbe_write
        inc     ax
        mov     bx, dx
        call    vbe_write
        ret
.tell:
        mov     al, VBE_X
        call    vbe_read
        mov     [bp+f_cx], ax
        mov     al, VBE_Y
        call    vbe_read
        mov     [bp+f_dx], ax
        mov     byte [bp+f_bh], 0
        ret

; CX, DX = dot and line of byte ECX.
vbe_place_of_byte:
        mov     al, VBE_WIDTH
        call    vbe_read
        push    ax
        mov     al, VBE_BPP
        call    vbe_read
        mov     bl, al
        pop     ax
        call    vbe_pitch
        movzx   ebx, ax
        mov     eax, ecx
        xor     edx, edx
        div     ebx
        mov     cx, dx
        push    ax
        call    vbe_dots_of_bytes
        pop     dx
        ret

vbe_wait_retrace:
        push    ax
        push    dx
        mov     dx, [b_crtc]
        add     dl, 6
.during:
        in      al, dx
        test    al, 0x08
        jnz     .during
.before:
        in      al, dx
        test    al, 0x08
        jz      .before
        pop     dx
        pop     ax
        ret

; ---- 08h: BL=0: the DAC gets BH bits for each component, 1: BH = how many it has ----
vbe_dac_width:
        cmp     bl, 1
        ja      vbe_failed
        mov     al, VBE_ENABLE
        call    vbe_read
        cmp     byte [bp+f_bl], 1
        je      .tell
        push    bx
        mov     bx, ax
        and     bl, ~VBE_DAC_8
        or      bl, VBE_KEEP
        pop     ax
        cmp     ah, 8
        jb      .write
        or      bl, VBE_DAC_8
.write:
        mov     al, VBE_ENABLE
        call    vbe_write
        mov     ax, bx
.tell:
        test    al, VBE_DAC_8
        mov     byte [bp+f_bh], 6
        jz      .done
        mov     byte [bp+f_bh], 8
.done:
        ret

; ---- 09h: CX entries of the DAC from DX on, blue, green, red and a free byte each, at ES:DI; BL=0, 80h: set (80h: in a retrace), 1: get ----
vbe_palette:
        mov     si, di
        mov     ah, bl
        and     bl, 0x7F
        cmp     bl, 1
        ja      vbe_failed
        cmp     dx, 256
        jae     vbe_failed
        mov     bx, dx
        jcxz    .done
        test    ah, ah
        jns     .now
        call    vbe_wait_retrace
.now:
        mov     al, [bp+f_bl]
        mov     dx, 0x3C8
        and     al, 0x7F
        jnz     .get
        mov     al, bl
        out     dx, al
        inc     dx
.set:
        mov     al, [es:si+2]
        out     dx, al
        mov     al, [es:si+1]
        out     dx, al
        mov     al, [es:si]
        out     dx, al
        add     si, 4
        loop    .set
.done:
        ret
.get:
        dec     dx                      ; 3C7h
        mov     al, bl
        out     dx, al
        add     dl, 2
.entry:
        in      al, dx
        mov     [es:si+2], al
        in      al, dx
        mov     [es:si+1], al
        in      al, dx
        mov     [es:si], al
        mov     byte [es:si+3], 0
        add     si, 4
        loop    .entry
        ret
