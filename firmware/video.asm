; INT 10h: the display. Text modes 0-3 and 7 on a VGA; other modes have their place in video-mode-table.asm.
; Not there: pixels (AH=0Ch, 0Dh), light pen (04h answers "not pressed"), state save (1Ch), VBE (4Fh).

int_10:
        SERVICE_ENTER
        CALLERS_IF
        DISPATCH video_functions, 0x1D, .unknown
.unknown:
        SERVICE_LEAVE

video_functions:
        dw      video_set_mode, cursor_set_shape, cursor_set, cursor_get, light_pen, page_set, scroll_up, scroll_down
        dw      cell_read, cell_write, character_write, palette_cga, video_none, video_none, teletype, video_get_mode
        dw      palette_function, font_function, video_alternate, string_write, video_none, video_none, video_none, video_none
        dw      video_none, video_none, video_combination, video_state, video_none

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
