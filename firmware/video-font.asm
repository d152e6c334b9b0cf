; INT 10h AH=11h: character generators. Text fonts lie in plane 2, 32 bytes a character, eight blocks of 8 KiB.

font_function:
        mov     si, font_functions
        jmp     video_subfunction

font_functions:
        db      0x00
        dw      font_user
        db      0x01
        dw      font_rom_14
        db      0x02
        dw      font_rom_8
        db      0x03
        dw      font_block
        db      0x04
        dw      font_rom_16
        db      0x10
        dw      font_user_fit
        db      0x11
        dw      font_rom_14_fit
        db      0x12
        dw      font_rom_8_fit
        db      0x14
        dw      font_rom_16_fit
        db      0x20
        dw      font_graphics_upper
        db      0x21
        dw      font_graphics_user
        db      0x22
        dw      font_graphics_14
        db      0x23
        dw      font_graphics_8
        db      0x24
        dw      font_graphics_16
        db      0x30
        dw      font_info
        db      0xFF

; From mode setting: the font for the height in the BDA to block 0.
font_of_mode:
        push    es
        push    bx
        push    si
        mov     bl, 0
        call    font_rom_16
        pop     si
        pop     bx
        pop     es
        ret

font_rom_16:
        mov     di, font_8x16
        mov     bh, 16
        jmp     font_rom
font_rom_14:
        mov     di, font_8x14
        mov     bh, 14
        jmp     font_rom
font_rom_8:
        mov     di, font_8x8_copy
        mov     bh, 8
font_rom:
        push    cs
        pop     es
        mov     cx, 256
        xor     dx, dx
        jmp     font_load

font_user:                              ; CX characters from DX on, BH bytes each, at ES:BP, to block BL
        mov     di, [bp+f_bp]

; Loads CX characters of BH bytes from ES:DI to block BL, from character DX on.
font_load:
        jcxz    .none
        pushad
        push    ds
        push    es
        pushf
        cli                             ; nothing may write to the screen meanwhile
        push    cx
        push    dx
        mov     si, font_plane_2
        call    font_access
        pop     dx
        pop     cx
        push    es
        pop     ds
        mov     si, di
        mov     al, bl                  ; block number: bits 1-0 are 16 KiB steps, bit 2 the 8 KiB between
        and     ax, 0x0007
        mov     di, ax
        and     di, 0x0003
        shl     di, 14
        test    al, 0x04
        jz      .even
        add     di, 0x2000
.even:
        and     dx, 0x00FF
        shl     dx, 5
        add     di, dx
        push    word 0xA000
        pop     es
        movzx   dx, bh
        cmp     dx, 32
        jbe     .height
        mov     dx, 32
.height:
        cmp     cx, 256
        jbe     .next
        mov     cx, 256
.next:
        push    cx
        mov     cx, dx
        rep     movsb
        mov     cx, 32
        sub     cx, dx
        add     di, cx
        pop     cx
        loop    .next
        push    byte BDA
        pop     ds
        mov     si, font_planes_text
        cmp     byte [b_crtc], 0xB4
        jne     .colour
        mov     si, font_planes_mono
.colour:
        call    font_access
        popf
        pop     es
        pop     ds
        popad
.none:
        ret

; Writes the sequencer and graphics registers listed at CS:SI: three words each, register number in the low byte.
font_access:
        mov     dx, 0x3C4
        mov     cx, 2
        call    .list
        mov     dx, 0x3CE
        mov     cx, 3
.list:
        cs lodsw
        out     dx, ax
        loop    .list
        ret

font_plane_2:
        dw      0x0402, 0x0704          ; map mask plane 2, sequential addresses
        dw      0x0204, 0x0005, 0x0406  ; read plane 2, no odd/even, 64 KiB at A0000
font_planes_text:
        dw      0x0302, 0x0304
        dw      0x0004, 0x1005, 0x0E06  ; odd/even, 32 KiB at B8000
font_planes_mono:
        dw      0x0302, 0x0304
        dw      0x0004, 0x1005, 0x0A06  ; at B0000

font_block:                             ; BL = character map select
        mov     dx, 0x3C4
        mov     ah, bl
        mov     al, 0x03
        out     dx, ax
        ret

; ---- AL=1xh: the same, and the number of lines follows from the font's height ----
font_rom_16_fit:
        mov     bh, 16
        call    font_rom_16
        jmp     font_fit
font_rom_14_fit:
        mov     bh, 14
        call    font_rom_14
        jmp     font_fit
font_rom_8_fit:
        mov     bh, 8
        call    font_rom_8
        jmp     font_fit
font_user_fit:
        call    font_user

; BH = height of a character.
font_fit:
        movzx   bx, bh
        test    bx, bx
        jz      .done
        cmp     bx, 32
        ja      .done
        mov     [b_char_height], bx
        mov     dx, [b_crtc]
        mov     al, 0x09                ; maximum scan line
        out     dx, al
        inc     dx
        in      al, dx
        and     al, 0xE0
        mov     ah, bl
        dec     ah
        or      al, ah
        out     dx, al
        call    font_scan_lines
        xor     dx, dx
        div     bx
        test    ax, ax
        jz      .done
        mov     cx, ax                  ; whole lines
        dec     ax
        mov     [b_rows], al
        mov     ax, cx
        mul     bx
        dec     ax                      ; vertical display end: the last scan line of them
        mov     dx, [b_crtc]
        mov     ah, al
        mov     al, 0x12
        out     dx, ax
        mov     ax, cx
        mul     word [b_columns]
        add     ax, ax
        add     ax, 0x100
        and     ax, 0xFF00
        mov     [b_page_size], ax
        mov     cx, [b_cursor_shape]
        call    cursor_shape_write
.done:
        ret

; AX = scan lines of the text mode: bits 7 and 4 of the flags.
font_scan_lines:
        mov     ax, 200
        test    byte [b_video_flags], 0x80
        jnz     .done
        mov     ax, 350
        test    byte [b_video_flags], 0x10
        jz      .done
        mov     ax, 400
.done:
        ret

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
