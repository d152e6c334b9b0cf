; From a key pressed to an entry of the buffer, for INT 09h.

; ---- a key pressed that is no shift: AL = key, BL bit 1 = prefix E0 ----
key_stroke:
        mov     bh, [b_shift]
        mov     cl, bh
        and     cl, SHIFT_CTRL | SHIFT_ALT
        cmp     cl, SHIFT_CTRL | SHIFT_ALT
        jne     .no_reset
        cmp     al, 0x53
        je      key_reset
.no_reset:
        test    bl, PREFIX_E0
        jnz     .extended
        cmp     al, 0x54
        je      .sysreq
        cmp     al, KEY_TABLE_LAST
        ja      .none
        test    bh, SHIFT_ALT
        jz      .not_number
        call    key_alt_number
        jc      .none
.not_number:
        movzx   si, al
        shl     si, 3
        add     si, key_table
        call    key_column
        test    bh, SHIFT_ALT | SHIFT_CTRL
        jnz     .put
        cmp     al, 0x47
        jb      .letters
        cmp     al, 0x53
        ja      .letters
        test    bh, SHIFT_NUM           ; NumLock swaps the keypad's two meanings
        jz      .put
        xor     di, 2
        jmp     .put
.letters:
        test    bh, SHIFT_CAPS
        jz      .put
        mov     cl, [cs:si]
        sub     cl, 'a'
        cmp     cl, 26
        jae     .put
        xor     di, 2
.put:
        add     si, di
        mov     ax, [cs:si]
        test    ax, ax
        jz      .none
        jmp     key_put
.none:
        ret

.extended:
        mov     si, key_table_e0
.find:
        mov     cl, [cs:si]
        inc     si
        cmp     cl, al
        je      .found
        add     si, 8
        test    cl, cl
        jnz     .find
        ret
.found:
        cmp     al, 0x37
        jne     .not_print
        test    bh, SHIFT_CTRL | SHIFT_ALT
        jnz     .not_print
        mov     dx, KEY_PRINT
        ret
.not_print:
        call    key_column
        jmp     .put
.sysreq:
        mov     dx, KEY_SYSREQ
        ret

; DI = 0, 2, 4 or 6: plain, Shift, Ctrl, Alt, by BH = b_shift.
key_column:
        mov     di, 6
        test    bh, SHIFT_ALT
        jnz     .done
        mov     di, 4
        test    bh, SHIFT_CTRL
        jnz     .done
        mov     di, 2
        test    bh, SHIFT_LEFT | SHIFT_RIGHT
        jnz     .done
        xor     di, di
.done:
        ret

; Alt and a keypad digit: CF = taken into the number.
key_alt_number:
        push    ax
        mov     si, alt_digits
        mov     ah, 10
.find:
        dec     ah
        js      .no
        cmp     al, [cs:si]
        je      .yes
        inc     si
        jmp     .find
.yes:
        mov     cl, ah
        mov     al, [b_alt_number]
        mov     ah, 10
        mul     ah
        add     al, cl
        mov     [b_alt_number], al
        pop     ax
        stc
        ret
.no:
        pop     ax
        clc
        ret

alt_digits:
        db      0x49, 0x48, 0x47, 0x4D, 0x4C, 0x4B, 0x51, 0x50, 0x4F, 0x52      ; keypad 9 to 0

; AX to the buffer. CF = it is full.
key_put:
        push    bx
        push    si
        mov     si, [b_key_tail]
        mov     bx, si
        call    key_next
        cmp     bx, [b_key_head]
        je      .full
        mov     [si], ax
        mov     [b_key_tail], bx
        clc
        jmp     .done
.full:
        stc
.done:
        pop     si
        pop     bx
        ret

; BX = the place after BX in the ring.
key_next:
        inc     bx
        inc     bx
        cmp     bx, [b_key_end]
        jb      .done
        mov     bx, [b_key_first]
.done:
        ret
