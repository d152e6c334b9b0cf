; INT 10h AH=0Eh and 13h: text with control characters, as on a teletype.

; ---- AH=0Eh: AL to the page that is shown. BH is not looked at: many programs leave it as it happens to be ----
teletype:
        mov     bh, [b_page]
        call    cursor_of_page
        call    teletype_character
        jmp     cursor_set

; Writes AL at row DH, column DL of page BH and moves DX on; scrolls when it leaves the last line. In graphics modes BL is the
; colour. Keeps AX, BX, CX.
teletype_character:
        push    ax
        push    cx
        cmp     al, 13
        je      .return
        cmp     al, 10
        je      .feed
        cmp     al, 8
        je      .back
        cmp     al, 7
        je      .bell
        call    text_mode
        jnz     .draw
        push    es
        push    di
        call    cell_offset
        call    text_segment
        mov     [es:di], al
        pop     di
        pop     es
        jmp     .advance
.draw:
        call    graphics_character
.advance:
        inc     dl
        cmp     dl, [b_columns]
        jb      .done
        xor     dl, dl
.feed:
        cmp     dh, [b_rows]
        jb      .down
        call    teletype_scroll
        mov     dh, [b_rows]
        jmp     .done
.down:
        inc     dh
        jmp     .done
.return:
        xor     dl, dl
        jmp     .done
.back:
        test    dl, dl
        jz      .done
        dec     dl
        jmp     .done
.bell:
        call    bell
.done:
        pop     cx
        pop     ax
        ret

; Moves page BH one line up. The new line takes the attribute that stands where the cursor is.
teletype_scroll:
        push    bx
        push    dx
        push    si
        push    di
        push    es
        mov     al, [b_page]
        push    ax
        mov     [b_page], bh            ; scroll_lines works on the active page; nothing is shown meanwhile
        push    dx
        mov     bh, 0                   ; graphics: black
        call    text_mode
        jnz     .scroll
        mov     bh, [b_page]
        cmp     dl, [b_columns]
        jb      .on_screen
        xor     dl, dl
.on_screen:
        mov     dh, [b_rows]
        call    cell_offset
        call    text_segment
        mov     bh, [es:di+1]
.scroll:
        pop     dx
        xor     cx, cx
        mov     dh, [b_rows]
        mov     dl, [b_columns]
        mov     al, 1
        call    scroll_up
        pop     ax
        mov     [b_page], al
        pop     es
        pop     di
        pop     si
        pop     dx
        pop     bx
        ret

; A tenth of a second of 896 Hz from counter 2.
bell:
        push    eax
        mov     al, 0xB6
        out     0x43, al
        mov     al, 0x33
        out     0x42, al
        mov     al, 0x05
        out     0x42, al
        in      al, 0x61
        push    ax
        or      al, 0x03
        out     0x61, al
        mov     eax, 100000
        call    wait_microseconds
        pop     ax
        out     0x61, al
        pop     eax
        ret

; ---- AH=13h: CX characters at ES:BP from row DH, column DL of page BH; AL bit 0: the cursor stays behind them,
;      bit 1: each is followed by its attribute, else attribute BL ----
string_write:
        jcxz    .done
        mov     di, [bp+f_bp]
        call    cursor_of_page_saved
        cmp     dh, 0xFF                ; "where the cursor is"
        jne     .next
        mov     dx, si
.next:
        push    si
        mov     ah, al                  ; AH = options
        mov     al, [es:di]
        inc     di
        test    ah, 0x02
        jz      .attribute
        mov     bl, [es:di]
        inc     di
.attribute:
        call    teletype_control
        je      .write
        call    text_mode
        jnz     .write
        push    es
        push    di
        call    cell_offset
        call    text_segment
        mov     [es:di+1], bl
        pop     di
        pop     es
.write:
        call    teletype_character
        mov     al, ah
        pop     si
        loop    .next
        test    al, 0x01
        jnz     cursor_set
.done:
        ret

; ZF = AL is a control character of the teletype.
teletype_control:
        cmp     al, 13
        je      .yes
        cmp     al, 10
        je      .yes
        cmp     al, 8
        je      .yes
        cmp     al, 7
.yes:
        ret

; SI = cursor of page BH.
cursor_of_page_saved:
        push    dx
        call    cursor_of_page
        mov     si, dx
        pop     dx
        ret
