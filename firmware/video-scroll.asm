; INT 10h AH=06h and 07h: windows scroll.

; ---- AH=06h and 07h: AL lines (0: all), BH attribute, CH CL to DH DL, in the active page ----
scroll_up:
        mov     si, 1
        call    text_mode
        jnz     graphics_scroll
        call    scroll_window
        jc      cursor_done
        mov     dx, cx                  ; upper left
        mov     si, [b_columns]         ; bytes from line to line
        add     si, si
        jmp     scroll_lines

scroll_down:
        mov     si, -1
        call    text_mode
        jnz     graphics_scroll
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
