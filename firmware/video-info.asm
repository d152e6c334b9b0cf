; INT 10h AH=12h, 1Ah and 1Bh: what the display can do, and switches for how modes are set.

video_alternate:                        ; BL = function
        cmp     bl, 0x10
        je      .information
        mov     ah, 0x00
        cmp     bl, 0x30
        je      .scan_lines
        mov     ah, 0x08
        cmp     bl, 0x31
        je      .flag
        cmp     bl, 0x32
        je      .memory
        mov     ah, 0x02
        cmp     bl, 0x33
        je      .flag_on
        cmp     bl, 0x34
        je      .emulation
        cmp     bl, 0x36
        je      .refresh
        ret
.information:
        mov     ax, 0x0003              ; colour, 256 KiB
        cmp     byte [b_crtc], 0xB4
        jne     .colour
        mov     ah, 0x01
.colour:
        mov     [bp+f_bh], ah
        mov     [bp+f_bl], al
        mov     al, [b_video_switch]
        mov     ah, al
        shr     ah, 4
        and     al, 0x0F
        mov     [bp+f_cl], al
        mov     [bp+f_ch], ah
        ret
.scan_lines:                            ; AL = 0: 200, 1: 350, 2: 400; from the next mode on
        cmp     al, 2
        ja      .refused
        mov     ah, 0x80
        jb      .not_400
        mov     ah, 0x10
.not_400:
        cmp     al, 1
        jne     .lines
        mov     ah, 0x00
.lines:
        mov     al, [b_video_flags]
        and     al, 0x6F
        or      al, ah
        mov     [b_video_flags], al
        jmp     .accepted
.refused:
        mov     byte [bp+f_al], 0
        ret
.flag:                                  ; AL = 1 sets bit AH
        test    al, al
        jz      .flag_off
.set:
        or      [b_video_flags], ah
        jmp     .accepted
.flag_on:                               ; grey shades: AL = 0 switches them on
        test    al, al
        jz      .set
.flag_off:
        not     ah
        and     [b_video_flags], ah
        jmp     .accepted
.memory:                                ; AL = 0: the CPU reaches the display memory
        mov     dx, 0x3CC
        mov     ah, al
        in      al, dx
        and     al, 0xFD
        test    ah, ah
        jnz     .misc
        or      al, 0x02
.misc:
        mov     dl, 0xC2
        out     dx, al
        jmp     .accepted
.emulation:                             ; AL = 0: on
        and     byte [b_video_info], 0xFE
        and     al, 0x01
        or      [b_video_info], al
        jmp     .accepted
.refresh:                               ; AL = 0: the picture is shown
        mov     dx, 0x3C4
        mov     ah, al
        mov     al, 0x01
        out     dx, al
        inc     dx
        in      al, dx
        and     al, 0xDF
        and     ah, 0x01
        shl     ah, 5
        or      al, ah
        out     dx, al
.accepted:
        mov     byte [bp+f_al], 0x12
        ret

; ---- AH=1Ah: BL = active display, BH = the other ----
video_combination:
        cmp     al, 1
        ja      .done
        je      .set
        mov     al, [b_video_dcc]
        mov     [bp+f_bl], al
        mov     byte [bp+f_bh], 0
        jmp     .accepted
.set:
        mov     [b_video_dcc], bl
.accepted:
        mov     byte [bp+f_al], 0x1A
.done:
        ret

; ---- AH=1Bh: state to the 64 bytes at ES:DI ----
video_state:
        test    bx, bx
        jnz     .done
        mov     di, [bp+f_di]
        mov     ax, video_functionality
        stosw
        mov     ax, BIOS
        stosw
        mov     si, b_mode              ; BDA 49h-66h: mode, columns, page, cursors, CRTC, mode control, palette
        mov     cx, 30
        rep     movsb
        mov     al, [b_rows]
        inc     al
        stosb
        mov     ax, [b_char_height]
        stosw
        mov     al, [b_video_dcc]
        stosb
        xor     al, al
        stosb                           ; no second display
        mov     ax, 16                  ; colours
        stosw
        mov     al, 8                   ; pages
        stosb
        mov     al, 2                   ; 400 scan lines
        test    byte [b_video_flags], 0x80
        jnz     .lines_200
        test    byte [b_video_flags], 0x10
        jnz     .lines
        mov     al, 1
        jmp     .lines
.lines_200:
        mov     al, 0
.lines:
        stosb
        xor     ax, ax
        stosw                           ; character blocks
        mov     al, [b_video_flags]
        and     al, 0x0F
        or      al, 0x20                ; blinking, cursor emulation: see flags
        stosb
        xor     ax, ax
        stosb
        stosw
        mov     al, 3                   ; 256 KiB
        stosb
        xor     ax, ax
        mov     cx, 13
        rep     stosb
        mov     byte [bp+f_al], 0x1B
.done:
        ret

; What AH=1Bh points to: modes 0-3 and 7, 200 to 400 scan lines, two of eight character blocks.
video_functionality:
        db      0x8F, 0x00, 0x00, 0, 0, 0, 0, 0x07, 2, 8
        db      0xFD, 0x0C, 0, 0, 0, 0
