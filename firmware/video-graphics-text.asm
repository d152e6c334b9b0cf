; INT 10h in graphics modes: characters are drawn from the font that INT 43h points to (CGA modes: 80h-FFh from INT 1Fh).

; FS:SI = first line of character AL in a mode of kind AH; CX = lines.
graphics_font:
        push    ax
        push    word 0
        pop     fs
        movzx   cx, byte [b_char_height]
        mov     si, 0x43 * 4
        cmp     ah, KIND_PLANAR
        jae     .font
        test    al, 0x80
        jz      .font
        and     al, 0x7F
        mov     si, 0x1F * 4
.font:
        push    dx
        movzx   ax, al
        mul     cx
        pop     dx
        lfs     si, [fs:si]
        add     si, ax
        pop     ax
        ret

; Draws AL in colour BL at row DH, column DL of page BH. Keeps all registers.
graphics_character:
        pushad
        push    es
        push    fs
        mov     ah, al
        call    mode_kind
        xchg    al, ah                  ; AL = character, AH = kind
        call    graphics_font
        mov     al, ah
        call    graphics_segment
        xor     di, di
        cmp     al, KIND_PLANAR
        jne     .page_0
        call    graphics_page
        push    ax
        call    planar_begin
        pop     ax
.page_0:
        mov     bp, di                  ; offset of the page
        push    ax
        mov     al, dh
        mul     cl
        mov     dh, cl                  ; DH = lines left
        mov     cx, ax                  ; CX = scan line
        pop     ax
.line:
        call    graphics_address
        add     di, bp
        mov     ah, [fs:si]
        inc     si
        push    cx
        push    dx
        call    graphics_row
        pop     dx
        pop     cx
        inc     cx
        dec     dh
        jnz     .line
        cmp     al, KIND_PLANAR
        jne     .done
        call    planar_end
.done:
        pop     fs
        pop     es
        popad
        ret

; Eight pixels AH in colour BL to ES:DI, in a mode of kind AL. Keeps AL, BX, SI.
graphics_row:
        cmp     al, KIND_PLANAR
        je      .planar
        ja      .bytes
        cmp     al, KIND_CGA_2
        je      .one_bit
        xor     dx, dx                  ; DX = the pixels' bits, the left ones in DH
        mov     cx, 8
.double:
        shl     dx, 2
        add     ah, ah
        jnc     .clear
        or      dl, 0x03
.clear:
        loop    .double
        push    ax
        mov     al, bl
        and     al, 0x03
        mov     ah, 0x55
        mul     ah
        mov     ah, al
        and     dx, ax
        pop     ax
        xchg    dl, dh
        test    bl, 0x80
        jnz     .xor_word
        mov     [es:di], dx
        ret
.xor_word:
        xor     [es:di], dx
        ret
.one_bit:
        test    bl, 0x01
        jnz     .set
        mov     ah, 0
.set:
        test    bl, 0x80
        jnz     .xor_byte
        mov     [es:di], ah
        ret
.xor_byte:
        xor     [es:di], ah
        ret
.bytes:
        push    ax
        mov     cx, 8
.byte:
        mov     al, 0
        add     ah, ah
        jnc     .background
        mov     al, bl
.background:
        stosb
        loop    .byte
        pop     ax
        ret
.planar:
        push    ax
        mov     al, 0x08                ; bit mask: the character's pixels
        call    graphics_register
        mov     al, [es:di]
        mov     [es:di], bl
        test    bl, 0x80
        jnz     .drawn
        not     ah
        mov     al, 0x08                ; then those around them
        call    graphics_register
        mov     al, [es:di]
        mov     byte [es:di], 0
.drawn:
        pop     ax
        ret

; ---- AH=09h and 0Ah: CX times AL in colour BL from the cursor of page BH on ----
graphics_write:
        jcxz    .done
        call    cursor_of_page
.next:
        call    graphics_character
        inc     dl
        cmp     dl, [b_columns]
        jb      .more
        mov     dl, 0
        inc     dh
        cmp     dh, [b_rows]
        ja      .done
.more:
        loop    .next
.done:
        ret

; ---- AH=08h: AL = the character whose pixels are at the cursor of page BH, 0 when there is none like that ----
graphics_read:
        push    es
        push    fs
        sub     sp, 32
        call    cursor_of_page
        call    mode_kind
        call    graphics_segment
        xor     di, di
        cmp     al, KIND_PLANAR
        jne     .page_0
        call    graphics_page
        push    ax
        mov     ax, 0x0805              ; read mode 1: a bit is set where the colour is 0
        call    graphics_register
        mov     ax, 0x0002
        call    graphics_register
        mov     ax, 0x0F07
        call    graphics_register
        pop     ax
.page_0:
        mov     bx, di
        push    ax
        mov     al, dh
        mov     dh, [b_char_height]     ; DH = lines
        mul     dh
        mov     cx, ax                  ; CX = scan line
        pop     ax
        mov     si, sp
.line:
        call    graphics_address
        add     di, bx
        call    graphics_row_read
        mov     [ss:si], ah
        inc     si
        inc     cx
        dec     dh
        jnz     .line
        cmp     al, KIND_PLANAR
        jne     .compare
        push    ax
        call    planar_end
        pop     ax
.compare:
        mov     ah, al
        xor     al, al
.character:
        call    graphics_font           ; FS:SI, CX lines
        mov     di, sp
.equal:
        mov     dl, [fs:si]
        cmp     dl, [ss:di]
        jne     .other
        inc     si
        inc     di
        loop    .equal
        jmp     .found
.other:
        inc     al
        jnz     .character
.found:
        mov     ah, 0
        mov     [bp+f_ax], ax
        add     sp, 32
        pop     fs
        pop     es
        ret

; AH = eight pixels at ES:DI, set where they are not 0, in a mode of kind AL. Keeps AL, BX, CX, DX, SI.
graphics_row_read:
        push    cx
        push    dx
        cmp     al, KIND_256
        je      .bytes
        mov     ah, [es:di]
        cmp     al, KIND_CGA_2
        je      .done
        not     ah
        cmp     al, KIND_PLANAR
        je      .done
        mov     dx, [es:di]
        xchg    dl, dh
        mov     cx, 8
.pair:
        add     ah, ah
        test    dh, 0xC0
        jz      .pair_clear
        inc     ah
.pair_clear:
        shl     dx, 2
        loop    .pair
        jmp     .done
.bytes:
        mov     cx, 8
.byte:
        add     ah, ah
        cmp     byte [es:di], 0
        je      .byte_clear
        inc     ah
.byte_clear:
        inc     di
        loop    .byte
.done:
        pop     dx
        pop     cx
        ret
