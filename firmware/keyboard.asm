; INT 16h: key strokes and shift state.

int_16:
        SERVICE_ENTER
        sti                             ; keys come by interrupt
        DISPATCH key_functions, 0x13, .unknown
.unknown:
        SERVICE_LEAVE

key_functions:
        dw      key_wait_old, key_peek_old, key_shift_old, key_typematic, key_none, key_store, key_none, key_none
        dw      key_none, key_abilities, key_none, key_none, key_none, key_none, key_none, key_none
        dw      key_wait, key_peek, key_shift_new

key_none:
        ret

; AX = oldest key stroke, BX = its place. ZF = there is none.
key_first_one:
        mov     bx, [b_key_head]
        cmp     bx, [b_key_tail]
        je      .none
        mov     ax, [bx]
.none:
        ret

key_remove:
        call    key_next
        mov     [b_key_head], bx
        ret

key_sleep:
        sti
        hlt
        ret

key_wait:                               ; AH=10h
        cli
        call    key_first_one
        jnz     .have
        call    key_sleep
        jmp     key_wait
.have:
        call    key_remove
        sti
        call    key_new_form
        mov     [bp+f_ax], ax
        ret

key_peek:                               ; AH=11h: ZF = none
        cli
        call    key_first_one
        sti
        jz      key_say_none
        call    key_new_form
key_say_one:
        mov     [bp+f_ax], ax
        and     byte [bp+f_flags], ~0x40
        ret
key_say_none:
        or      byte [bp+f_flags], 0x40
        ret

key_wait_old:                           ; AH=00h
        cli
        call    key_first_one
        jnz     .have
        call    key_sleep
        jmp     key_wait_old
.have:
        call    key_remove
        sti
        call    key_old_form
        jc      key_wait_old
        mov     [bp+f_ax], ax
        ret

key_peek_old:                           ; AH=01h: strokes that AH=00h does not know are dropped on the way
        cli
        call    key_first_one
        jz      .none
        call    key_old_form
        jnc     .have
        call    key_remove
        jmp     key_peek_old
.have:
        sti
        jmp     key_say_one
.none:
        sti
        jmp     key_say_none

; AL = F0h is only a mark in the buffer, unless it is the character F0h, which has no scan code.
key_new_form:
        cmp     al, 0xF0
        jne     .done
        test    ah, ah
        jz      .done
        xor     al, al
.done:
        ret

; As an 84-key keyboard would have it. CF = it has no such key.
key_old_form:
        cmp     ah, 0xE0
        je      .grey
        test    ah, ah
        jz      .same                   ; Alt and digits
        cmp     ah, 0x84
        ja      .unknown
        cmp     al, 0xF0
        je      .unknown
        cmp     al, 0xE0
        jne     .same
        xor     al, al
.same:
        clc
        ret
.grey:
        mov     ah, 0x35
        cmp     al, '/'
        je      .same
        mov     ah, 0x1C
        clc
        ret
.unknown:
        stc
        ret

key_shift_old:                          ; AH=02h
        mov     al, [b_shift]
        mov     [bp+f_al], al
        ret

key_shift_new:                          ; AH=12h
        mov     al, [b_shift]
        mov     ah, [b_shift2]
        mov     bl, ah
        and     ah, 0x73
        and     bl, HELD_SYSREQ
        shl     bl, 5
        or      ah, bl
        mov     bl, [b_key_flags]
        and     bl, HELD_RIGHT_CTRL | HELD_RIGHT_ALT
        or      ah, bl
        mov     [bp+f_ax], ax
        ret

key_typematic:                          ; AH=03h AL=05h: BH = delay 0-3, BL = rate 0-1Fh
        cmp     al, 0x05
        jne     .done
        cmp     bh, 3
        ja      .done
        cmp     bl, 0x1F
        ja      .done
        cli
        mov     al, 0xAD                ; hold key strokes back while the answer is awaited
        call    i8042_command
        call    i8042_drain
        mov     al, 0xAE
        call    i8042_command
        mov     al, 0xF3
        call    keyboard_send
        jc      .done
        mov     al, bh
        shl     al, 5
        or      al, bl
        call    keyboard_send
.done:
        sti
        ret

key_store:                              ; AH=05h: CX to the buffer; AL = 1 when it is full
        mov     ax, cx
        cli
        call    key_put
        sti
        setc    byte [bp+f_al]
        ret

key_abilities:                          ; AH=09h: AX=0305h and AH=10h-12h are there
        mov     byte [bp+f_al], 0x24
        ret
