; INT 10h in text modes: cursor, pages, scrolling, character cells.

; ES = segment of the text memory.
text_segment:
        push    word 0xB800
        pop     es
        cmp     byte [b_mode], 7
        jne     .done
        push    word 0xB000
        pop     es
.done:
        ret

; ZF = a text mode.
text_mode:
        cmp     byte [b_mode], 7
        je      .done
        test    byte [b_mode], 0xFC     ; 0-3
.done:
        ret

; DI = offset of the cell at row DH, column DL of page BH.
cell_offset:
        push    ax
        push    dx
        mov     al, bh
        and     ax, 0x0007
        push    dx
        mul     word [b_page_size]
        pop     dx
        mov     di, ax
        mov     al, dh
        mul     byte [b_columns]
        xor     dh, dh
        add     ax, dx
        shl     ax, 1
        add     di, ax
        pop     dx
        pop     ax
        ret

; DX = cursor of page BH. Changes SI.
cursor_of_page:
        movzx   si, bh
        and     si, 0x07
        add     si, si
        mov     dx, [si+b_cursor]
        ret

; ---- AH=01h: CH = first line (bit 5: off), CL = last line ----
cursor_set_shape:
        mov     [b_cursor_shape], cx

; Programs shape CX. Lines 0-7 are meant for an 8-line cell: they are scaled unless emulation is off (b_video_info bit 0).
cursor_shape_write:
        and     cx, 0x3F1F
        test    byte [b_video_info], 0x01
        jnz     .write
        mov     al, [b_char_height]
        cmp     al, 8
        jbe     .write
        test    ch, 0x20
        jnz     .write
        cmp     cl, 8
        jae     .write
        cmp     ch, 8
        jae     .write
        mov     ah, ch
        inc     ah
        cmp     ah, cl
        jne     .scale
        cmp     cl, 6                   ; an underline stays one
        jb      .scale
        mov     ch, al
        sub     ch, 3
        mov     cl, al
        sub     cl, 2
        jmp     .write
.scale:
        mov     bl, al
        mov     al, ch
        mul     bl
        shr     ax, 3
        mov     ch, al
        mov     al, cl
        inc     al
        mul     bl
        shr     ax, 3
        dec     ax
        mov     cl, al
.write:
        mov     dx, [b_crtc]
        mov     al, 0x0A
        mov     ah, ch
        out     dx, ax
        inc     al
        mov     ah, cl
        out     dx, ax
        ret

; ---- AH=02h: cursor of page BH to row DH, column DL ----
cursor_set:
        movzx   si, bh
        and     si, 0x07
        add     si, si
        mov     [si+b_cursor], dx
        cmp     bh, [b_page]
        jne     cursor_done
        mov     ax, dx

; The hardware cursor to row AH, column AL of the active page.
cursor_write:
        push    dx
        push    di
        mov     dx, ax
        push    bx
        mov     bh, 0
        call    cell_offset
        pop     bx
        add     di, [b_page_start]
        shr     di, 1
        mov     dx, [b_crtc]
        mov     ax, di
        mov     al, 0x0E
        out     dx, ax
        mov     ax, di
        mov     ah, al
        mov     al, 0x0F
        out     dx, ax
        pop     di
        pop     dx
cursor_done:
        ret

; ---- AH=03h ----
cursor_get:
        call    cursor_of_page
        mov     [bp+f_dx], dx
        mov     cx, [b_cursor_shape]
        mov     [bp+f_cx], cx
        ret

; ---- AH=05h: shows page AL ----
page_set:
        cmp     al, 8
        jae     cursor_done
        call    text_mode
        jnz     cursor_done
        mov     [b_page], al
        mov     bh, al
        xor     ah, ah
        mul     word [b_page_size]
        mov     [b_page_start], ax
        shr     ax, 1
        mov     cx, ax
        mov     dx, [b_crtc]
        mov     al, 0x0C
        out     dx, ax
        mov     ah, cl
        mov     al, 0x0D
        out     dx, ax
        call    cursor_of_page
        mov     ax, dx
        jmp     cursor_write

; ---- AH=06h and 07h: AL lines (0: all), BH attribute, CH CL to DH DL, in the active page ----
scroll_up:
        call    text_mode
        jnz     cursor_done
        call    scroll_window
        jc      cursor_done
        mov     dx, cx                  ; upper left
        mov     si, [b_columns]         ; bytes from line to line
        add     si, si
        jmp     scroll_lines

scroll_down:
        call    text_mode
        jnz     cursor_done
        call    scroll_window
        jc      cursor_done
        mov     dl, cl                  ; lower left
        mov     si, [b_columns]
        add     si, si
        neg     si
        jmp     scroll_lines

; Clips the window CX-DX to the screen: AH = its height, [BP] unchanged, BL = its width, AL = lines to scroll (1 to AH).
; CF = there is nothing of it on the screen.
scroll_window:
        cmp     dh, [b_rows]
        jbe     .rows
        mov     dh, [b_rows]
.rows:
        mov     ah, [b_columns]
        dec     ah
        cmp     dl, ah
        jbe     .columns
        mov     dl, ah
.columns:
        mov     ah, dh
        sub     ah, ch
        jc      .done
        mov     bl, dl
        sub     bl, cl
        jc      .done
        inc     ah
        inc     bl
        test    al, al
        jz      .all
        cmp     al, ah
        jbe     .some
.all:
        mov     al, ah
.some:
        clc
.done:
        ret

; From line DH on: AH lines of BL cells, SI bytes apart; AL of them are scrolled out, blanks in attribute BH come in.
scroll_lines:
        push    es
        push    ds
        push    bx
        mov     bh, [b_page]
        call    cell_offset
        pop     bx
        call    text_segment
        mov     dx, si                  ; stride
        mov     cl, al
        mov     ch, ah
        push    es
        pop     ds
        push    dx                      ; SI = DI + AL * stride
        movzx   ax, cl
        imul    dx
        pop     dx
        mov     si, di
        add     si, ax
        sub     ch, cl                  ; lines that stay
        mov     al, cl
        movzx   cx, ch
        jcxz    .blank
.move:
        push    cx
        push    si
        push    di
        movzx   cx, bl
        rep     movsw
        pop     di
        pop     si
        pop     cx
        add     si, dx
        add     di, dx
        loop    .move
.blank:
        movzx   cx, al
        mov     al, ' '
        mov     ah, bh
.blank_line:
        push    cx
        push    di
        movzx   cx, bl
        rep     stosw
        pop     di
        pop     cx
        add     di, dx
        loop    .blank_line
        pop     ds
        pop     es
        ret

; ---- AH=08h: character and attribute under the cursor of page BH ----
cell_read:
        call    text_mode
        jnz     .done
        push    es
        call    cursor_of_page
        call    cell_offset
        call    text_segment
        mov     ax, [es:di]
        mov     [bp+f_ax], ax
        pop     es
.done:
        ret

; ---- AH=09h: CX times character AL in attribute BL; AH=0Ah: attributes stay ----
cell_write:
        call    text_mode
        jnz     cursor_done
        push    es
        call    cursor_of_page
        call    cell_offset
        call    text_segment
        mov     ah, bl
        rep     stosw
        pop     es
        ret

character_write:
        call    text_mode
        jnz     .done
        push    es
        call    cursor_of_page
        call    cell_offset
        call    text_segment
        jcxz    .last
.one:
        stosb
        inc     di
        loop    .one
.last:
        pop     es
.done:
        ret
