; INT 10h AH=11h, functions that deal in pointers: fonts of graphics modes, information.

; ---- AL=2xh: fonts of graphics modes are pointers ----
font_graphics_upper:                    ; characters 80h-FFh of 8x8 modes, ES:BP
        mov     di, [bp+f_bp]
        push    ds
        push    byte 0
        pop     ds
        mov     [0x1F*4], di
        mov     [0x1F*4+2], es
        pop     ds
        ret
font_graphics_user:                     ; ES:BP, CX bytes each
        mov     di, [bp+f_bp]
        jmp     font_graphics
font_graphics_16:
        mov     di, font_8x16
        mov     cx, 16
        jmp     font_graphics_rom
font_graphics_14:
        mov     di, font_8x14
        mov     cx, 14
        jmp     font_graphics_rom
font_graphics_8:
        mov     di, font_8x8_copy
        mov     cx, 8
font_graphics_rom:
        push    cs
        pop     es
font_graphics:                          ; BL = 1: 14 lines, 2: 25, 3: 43, 0: DL
        mov     [b_char_height], cx
        mov     al, dl
        test    bl, bl
        jz      .lines
        mov     al, 14
        cmp     bl, 2
        jb      .lines
        mov     al, 25
        je      .lines
        mov     al, 43
.lines:
        dec     al
        mov     [b_rows], al
        push    ds
        push    byte 0
        pop     ds
        mov     [0x43*4], di
        mov     [0x43*4+2], es
        pop     ds
        ret

; ---- AL=30h: BH = which font; ES:BP = where, CX = height now, DL = lines - 1 ----
font_info:
        mov     cx, [b_char_height]
        mov     [bp+f_cx], cx
        mov     al, [b_rows]
        mov     [bp+f_dl], al
        cmp     bh, 1
        jbe     .vector
        movzx   si, bh
        cmp     si, 8
        jae     .done
        add     si, si
        mov     ax, [cs:si+.roms]
        mov     [bp+f_bp], ax
        mov     word [bp+f_es], BIOS
.done:
        ret
.vector:
        push    ds
        push    byte 0
        pop     ds
        mov     eax, [0x43*4]
        test    bh, bh
        jnz     .store
        mov     eax, [0x1F*4]
.store:
        pop     ds
        mov     [bp+f_bp], ax
        shr     eax, 16
        mov     [bp+f_es], ax
        ret
.roms:
        dw      0, 0, font_8x14, font_8x8_copy, font_8x8_upper, font_no_change, font_8x16, font_no_change

font_no_change:                         ; 9-dot variants of single characters: none
        db      0
