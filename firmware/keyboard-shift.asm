; Shift and lock keys, for INT 09h: b_shift, b_shift2 and b_key_flags follow them.

; ---- shift and lock keys. CF = it was one. ----
key_shift:
        cmp     al, 0x2A
        mov     cl, SHIFT_LEFT
        je      .shift
        cmp     al, 0x36
        mov     cl, SHIFT_RIGHT
        je      .shift
        cmp     al, 0x1D
        je      .ctrl
        cmp     al, 0x38
        je      .alt
        cmp     al, 0x3A
        mov     cl, SHIFT_CAPS
        je      .lock
        cmp     al, 0x45
        mov     cl, SHIFT_NUM
        je      .num
        cmp     al, 0x46
        mov     cl, SHIFT_SCROLL
        je      .scroll
        cmp     al, 0x52
        mov     cl, SHIFT_INSERT
        je      .insert
        clc
        ret
.shift:
        test    bl, PREFIX_E0           ; the keyboard's own shifting around cursor keys
        jnz     .yes
        test    ah, 0x80
        jnz     .shift_up
        or      [b_shift], cl
        jmp     .yes
.shift_up:
        not     cl
        and     [b_shift], cl
.yes:
        stc
        ret

.ctrl:
        mov     cx, HELD_LEFT_CTRL
        test    bl, PREFIX_E0
        jz      .ctrl_side
        mov     cx, HELD_RIGHT_CTRL << 8
.ctrl_side:
        call    .hold
        mov     cl, [b_shift2]
        and     cl, HELD_LEFT_CTRL
        mov     ch, [b_key_flags]
        and     ch, HELD_RIGHT_CTRL
        or      cl, ch
        mov     cl, SHIFT_CTRL
        jmp     .both
.alt:
        mov     cx, HELD_LEFT_ALT
        test    bl, PREFIX_E0
        jz      .alt_side
        mov     cx, HELD_RIGHT_ALT << 8
.alt_side:
        call    .hold
        mov     cl, [b_shift2]
        and     cl, HELD_LEFT_ALT
        mov     ch, [b_key_flags]
        and     ch, HELD_RIGHT_ALT
        or      cl, ch
        mov     cl, SHIFT_ALT
        jnz     .both
        push    ax                      ; Alt let go: the number typed on the keypad becomes a character
        xor     ah, ah
        xchg    ah, [b_alt_number]
        xchg    al, ah
        xor     ah, ah
        test    al, al
        jz      .no_number
        call    key_put
.no_number:
        pop     ax
        test    al, 0                   ; ZF = 1: neither side is held
.both:
        jz      .up
        or      [b_shift], cl
        stc
        ret
.up:
        not     cl
        and     [b_shift], cl
        stc
        ret

; CL to b_shift2, CH to b_key_flags: set when pressed, cleared when released.
.hold:
        test    ah, 0x80
        jnz     .let_go
        or      [b_shift2], cl
        or      [b_key_flags], ch
        ret
.let_go:
        not     cx
        and     [b_shift2], cl
        and     [b_key_flags], ch
        ret

.num:
        test    byte [b_shift], SHIFT_CTRL      ; Ctrl-NumLock was Pause on 84-key keyboards
        jz      .lock
        test    ah, 0x80
        jnz     .yes
        mov     dx, KEY_PAUSE
        stc
        ret
.scroll:
        test    bl, PREFIX_E0           ; E0 46: Ctrl-Break
        jnz     .break
        test    byte [b_shift], SHIFT_CTRL
        jz      .lock
.break:
        test    ah, 0x80
        jnz     .yes
        mov     dx, KEY_BREAK
        stc
        ret
; The bits of b_shift2 for held lock keys stand where b_shift has the locks.
.lock:
        test    ah, 0x80
        jnz     .unlock
        test    [b_shift2], cl          ; repeated by holding it
        jnz     .yes
        or      [b_shift2], cl
        xor     [b_shift], cl
        stc
        ret
.unlock:
        not     cl
        and     [b_shift2], cl
        stc
        ret
; Insert is a state and a key stroke. With digits wanted from the keypad it is only the stroke.
.insert:
        test    bl, PREFIX_E0
        jnz     .insert_key
        test    byte [b_shift], SHIFT_NUM | SHIFT_ALT | SHIFT_LEFT | SHIFT_RIGHT
        jnz     .no
.insert_key:
        test    ah, 0x80
        jnz     .insert_up
        test    [b_shift2], cl
        jnz     .no
        or      [b_shift2], cl
        xor     [b_shift], cl
.no:
        clc
        ret
.insert_up:
        not     cl
        and     [b_shift2], cl
        clc
        ret
