; INT 10h AH=06h and 07h in graphics modes: scan line by scan line.

; Locals, from BP:
gs_direction    equ 0                   ; 1 up, -1 down
gs_distance     equ 2                   ; from a scan line to the one that moves there
gs_line         equ 4                   ; scan line now
gs_bytes        equ 6                   ; of the window, in one scan line
gs_move         equ 8                   ; scan lines that move
gs_fill         equ 10                  ; scan lines that come in blank
gs_size         equ 12

; Registers as for scroll_up; SI = direction.
graphics_scroll:
        call    scroll_window           ; AL lines of AH, BL columns, BH fill
        jc      .nothing
        push    es
        push    bp
        sub     sp, gs_size
        mov     bp, sp
        mov     [bp+gs_direction], si
        push    ax
        mov     al, ch                  ; first scan line: the top one, or the bottom one going up
        test    si, si
        jns     .top
        mov     al, dh
        inc     al
.top:
        mul     byte [b_char_height]
        test    si, si
        jns     .first
        dec     ax
.first:
        mov     [bp+gs_line], ax
        pop     ax
        mov     dl, cl                  ; DL = column
        sub     ah, al
        mov     ch, ah
        mul     byte [b_char_height]
        mov     [bp+gs_fill], ax
        test    si, si
        jns     .distance
        neg     ax
.distance:
        mov     [bp+gs_distance], ax
        mov     al, ch
        mul     byte [b_char_height]
        mov     [bp+gs_move], ax
        call    mode_kind               ; AL = kind from here on
        call    graphics_width
        push    ax
        mov     ax, si
        mul     bl
        mov     [bp+gs_bytes], ax
        pop     ax
        call    graphics_segment
        cmp     al, KIND_PLANAR
        jne     .move
        push    ax
        mov     ax, 0x0105              ; write mode 1: the latches, so all planes at once
        call    graphics_register
        pop     ax
.move:
        cmp     word [bp+gs_move], 0
        je      .fill
        mov     cx, [bp+gs_line]
        call    .address
        push    di
        add     cx, [bp+gs_distance]
        call    .address
        mov     si, di
        pop     di
        mov     cx, [bp+gs_bytes]
        es rep  movsb
        mov     cx, [bp+gs_direction]
        add     [bp+gs_line], cx
        dec     word [bp+gs_move]
        jmp     .move
.fill:
        cmp     al, KIND_PLANAR
        jne     .fill_line
        push    ax
        mov     ax, 0x0205              ; write mode 2: a colour
        call    graphics_register
        pop     ax
.fill_line:
        mov     cx, [bp+gs_line]
        call    .address
        mov     cx, [bp+gs_bytes]
        push    ax
        mov     al, bh
        rep     stosb
        pop     ax
        mov     cx, [bp+gs_direction]
        add     [bp+gs_line], cx
        dec     word [bp+gs_fill]
        jnz     .fill_line
        cmp     al, KIND_PLANAR
        jne     .done
        call    planar_end
.done:
        add     sp, gs_size
        pop     bp
        pop     es
.nothing:
        ret
; DI = offset of scan line CX in the page that is shown.
.address:
        call    graphics_address
        cmp     al, KIND_PLANAR
        jne     .page_0
        add     di, [b_page_start]
.page_0:
        ret
