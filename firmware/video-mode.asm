; INT 10h AH=00h: programs the VGA from a row of video_modes. Register names: IBM VGA reference; the row's layout is that of
; IBM's video parameter table.

vp_columns      equ 0
vp_rows         equ 1                   ; minus one
vp_height       equ 2
vp_page         equ 3                   ; bytes
vp_sequencer    equ 5                   ; SR1-SR4
vp_misc         equ 9
vp_crtc         equ 10                  ; CR00-CR18
vp_attribute    equ 35                  ; AR00-AR13
vp_graphics     equ 55                  ; GR0-GR8

video_set_mode:
        mov     ah, al
        and     al, 0x7F
        and     ah, 0x80
        mov     si, video_modes
.find:
        cmp     byte [cs:si], 0xFF
        je      .done                   ; no such mode: nothing changes
        cmp     al, [cs:si]
        je      .found
        add     si, 4
        jmp     .find
.found:
        call    vbe_off
        mov     bl, [cs:si+1]           ; kind: see video_modes
        mov     si, [cs:si+2]
        mov     [b_mode], al
        and     byte [b_video_info], 0x7F
        or      [b_video_info], ah
        call    mode_data
        call    mode_registers
        test    byte [b_video_flags], 0x08      ; default palette loading switched off
        jnz     .no_palette
        call    mode_palette
.no_palette:
        call    mode_font
        test    byte [b_video_info], 0x80
        jnz     .keep
        call    mode_clear
.keep:
        mov     dx, [b_crtc]            ; the attribute controller shows the picture from here on
        add     dx, 6
        in      al, dx
        mov     dx, 0x3C0
        mov     al, 0x20
        out     dx, al
        mov     dx, 0x03C6
        mov     al, 0xFF
        out     dx, al
        mov     byte [bp+f_al], 0x20
        test    bl, KIND_MASK
        jnz     .done
        mov     byte [bp+f_al], 0x30
        mov     cx, 0x0607
        mov     [b_cursor_shape], cx
        call    cursor_shape_write
        xor     ax, ax
        call    cursor_write
.done:
        ret

; BDA for the mode at CS:SI.
mode_data:
        push    es
        push    ds
        pop     es
        movzx   ax, byte [cs:si+vp_columns]
        mov     [b_columns], ax
        mov     al, [cs:si+vp_rows]
        mov     [b_rows], al
        mov     al, [cs:si+vp_height]
        mov     [b_char_height], ax
        mov     ax, [cs:si+vp_page]
        mov     [b_page_size], ax
        xor     ax, ax
        mov     [b_page_start], ax
        mov     [b_page], al
        mov     di, b_cursor
        mov     cx, 8
        rep     stosw
        mov     dx, 0x3D4
        test    byte [cs:si+vp_misc], 0x01
        jnz     .colour
        mov     dl, 0xB4
.colour:
        mov     [b_crtc], dx
        movzx   di, byte [b_mode]       ; what the CGA's mode control port would hold
        mov     al, 0x29
        cmp     di, 8
        jae     .control
        mov     al, [cs:di+mode_controls]
.control:
        mov     [b_mode_control], al
        mov     byte [b_palette], 0x30
        mov     al, [b_equipment]       ; equipment: monochrome or colour
        or      al, 0x30
        cmp     dl, 0xB4
        je      .equipment
        and     al, 0xEF
.equipment:
        mov     [b_equipment], al
        pop     es
        ret

mode_controls:
        db      0x2C, 0x28, 0x2D, 0x29, 0x2A, 0x2E, 0x1E, 0x29

; All register groups for the mode at CS:SI. Display off until the caller is done.
mode_registers:
        push    bx
        push    si
        mov     dx, 0x3C4
        mov     ax, 0x0100              ; SR0: synchronous reset while the clock changes
        out     dx, ax
        mov     cx, 4
        mov     al, 1
        lea     di, [si+vp_sequencer]
        call    .group
        mov     al, [cs:si+vp_misc]
        mov     dx, 0x3C2
        out     dx, al
        mov     dx, 0x3C4
        mov     ax, 0x0300
        out     dx, ax
        mov     dx, [b_crtc]
        mov     ax, 0x0011              ; CR11: unlock CR00-CR07
        out     dx, ax
        mov     cx, 25
        xor     al, al
        lea     di, [si+vp_crtc]
        call    .group
        mov     dx, 0x3CE
        mov     cx, 9
        xor     al, al
        lea     di, [si+vp_graphics]
        call    .group
        mov     dx, [b_crtc]
        add     dx, 6
        in      al, dx                  ; next write to 3C0h is an index
        mov     dx, 0x3C0
        mov     cx, 20
        xor     ah, ah
        lea     di, [si+vp_attribute]
.attribute:
        mov     al, ah
        out     dx, al
        mov     al, [cs:di]
        out     dx, al
        inc     di
        inc     ah
        loop    .attribute
        mov     al, 0x14
        out     dx, al
        xor     al, al
        out     dx, al
        pop     si
        pop     bx
        ret
; CX registers from number AL on, indexed at DX, values at CS:DI.
.group:
        mov     ah, [cs:di]
        out     dx, ax
        inc     di
        inc     al
        loop    .group
        ret

; The font: in plane 2 for text, as a pointer for graphics. BL = kind, CS:SI = mode.
mode_font:
        test    bl, KIND_MASK
        jz      font_of_mode
        mov     di, font_8x8_copy
        mov     al, [cs:si+vp_height]
        cmp     al, 14
        jb      .store
        mov     di, font_8x14
        je      .store
        mov     di, font_8x16
.store:
        push    ds
        push    byte 0
        pop     ds
        mov     [0x43*4], di
        mov     word [0x43*4+2], BIOS
        pop     ds
        ret

; Clears the display memory. BL = kind.
mode_clear:
        push    es
        mov     al, bl
        and     al, KIND_MASK
        jz      .text
        call    graphics_segment
        xor     di, di
        mov     cx, 0x8000              ; 64 KiB, in CGA modes 16
        cmp     al, KIND_PLANAR
        jae     .words
        mov     ch, 0x20
.words:
        xor     ax, ax
        rep     stosw
        pop     es
        ret
.text:
        call    text_segment
        xor     di, di
        mov     cx, 0x4000
        mov     ax, 0x0720
        rep     stosw
        pop     es
        ret
