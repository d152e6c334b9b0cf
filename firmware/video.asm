; INT 10h: the display, a VGA. Modes: video-mode-table.asm.
; Not there: the light pen (AH=04h answers "not pressed"). AH=4Fh: vbe.asm.

int_10:
        SERVICE_ENTER
        CALLERS_IF
        DISPATCH video_functions, 0x1D, .unknown
        jmp     .done
.unknown:
        cmp     ah, 0x4F
        jne     .done
        call    vbe_function
.done:
        SERVICE_LEAVE

video_functions:
        dw      video_set_mode, cursor_set_shape, cursor_set, cursor_get, light_pen, page_set, scroll_up, scroll_down
        dw      cell_read, cell_write, character_write, palette_cga, pixel_write, pixel_read, teletype, video_get_mode
        dw      palette_function, font_function, video_alternate, string_write, video_none, video_none, video_none, video_none
        dw      video_none, video_none, video_combination, video_state, video_save_state

video_none:
        ret

light_pen:
        mov     byte [bp+f_ah], 0
        ret

video_get_mode:
        mov     al, [b_video_info]
        and     al, 0x80                ; the last mode set did not clear the memory
        or      al, [b_mode]
        mov     [bp+f_al], al
        mov     al, [b_columns]
        mov     [bp+f_ah], al
        mov     al, [b_page]
        mov     [bp+f_bh], al
        ret

; POST: what the BDA says of a VGA with a colour display, then mode 3.
video_init:
        mov     byte [b_video_info], 0x60       ; 256 KiB, cursor emulation
        mov     byte [b_video_switch], 0xF9
        mov     byte [b_video_flags], 0x11      ; 400 lines, VGA active
        mov     byte [b_video_dcc], 0x08
        mov     word [b_video_save], video_save_table
        mov     word [b_video_save+2], BIOS
        mov     ax, 0x0003
        int     0x10
        ret
