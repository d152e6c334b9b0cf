; INT 09h: a byte from the keyboard. Follows the shift keys in the BDA, turns key strokes into buffer entries and does what
; special keys stand for: Ctrl-Alt-Del, Ctrl-Break, Pause, Print Screen, SysReq.

; b_shift
SHIFT_RIGHT     equ 0x01
SHIFT_LEFT      equ 0x02
SHIFT_CTRL      equ 0x04
SHIFT_ALT       equ 0x08
SHIFT_SCROLL    equ 0x10
SHIFT_NUM       equ 0x20
SHIFT_CAPS      equ 0x40
SHIFT_INSERT    equ 0x80
; b_shift2
HELD_LEFT_CTRL  equ 0x01
HELD_LEFT_ALT   equ 0x02
HELD_SYSREQ     equ 0x04
HELD_PAUSE      equ 0x08
; b_key_flags
PREFIX_E1       equ 0x01
PREFIX_E0       equ 0x02
HELD_RIGHT_CTRL equ 0x04
HELD_RIGHT_ALT  equ 0x08
; b_key_leds: bits 2-0 what the lamps show
LED_MASK_SENT   equ 0x08
LED_ACK         equ 0x10
LED_RESEND      equ 0x20
LED_UPDATE      equ 0x40

int_09:
        pushad
        push    ds
        push    es
        cld
        push    byte BDA
        pop     ds
        xor     dx, dx
        in      al, 0x64
        and     al, 0x21
        cmp     al, 0x01                ; nothing there, or the mouse's
        jne     .eoi
        in      al, 0x60
        mov     ah, 0x4F                ; a program may take the key away or change it
        stc
        int     0x15
        jnc     .eoi
        call    key_byte
.eoi:
        cli
        mov     al, 0x20
        out     0x20, al
        call    key_actions
        pop     es
        pop     ds
        popad
        iret

; AL = byte from the keyboard. What cannot be done before the EOI is left in DX: see key_actions.
key_byte:
        mov     bl, [b_key_flags]
        cmp     al, 0xE0
        je      .e0
        cmp     al, 0xE1
        je      .e1
        cmp     al, 0xFA
        je      led_acknowledged
        cmp     al, 0xFE
        je      led_resend
        cmp     al, 0xFF                ; overrun
        je      .done
        test    bl, PREFIX_E1
        jnz     key_e1
        and     byte [b_key_flags], ~PREFIX_E0
        mov     ah, al
        and     al, 0x7F                ; AL = key, AH bit 7 = released, BL bit 1 = with prefix E0
        call    key_shift
        jc      .leds
        test    ah, 0x80
        jnz     .done
        test    byte [b_shift2], HELD_PAUSE
        jnz     .resume
        jmp     key_stroke
.resume:
        and     byte [b_shift2], ~HELD_PAUSE
.done:
        ret
.leds:
        jmp     led_update
.e0:
        or      byte [b_key_flags], PREFIX_E0
        ret
.e1:
        or      byte [b_key_flags], PREFIX_E1
        ret

; Pause sends E1 1D 45 E1 9D C5: the 45 is the key.
key_e1:
        cmp     al, 0x1D
        je      .more
        cmp     al, 0x9D
        je      .more
        and     byte [b_key_flags], ~(PREFIX_E1 | PREFIX_E0)
        cmp     al, 0x45
        jne     .more
        mov     dx, KEY_PAUSE
.more:
        ret

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

; ---- what waits until the controller has its EOI: DX says which ----
KEY_PAUSE       equ 1
KEY_BREAK       equ 2
KEY_PRINT       equ 3
KEY_SYSREQ      equ 4

key_actions:
        test    dx, dx
        jz      .done
        cmp     dx, KEY_PAUSE
        je      .pause
        cmp     dx, KEY_BREAK
        je      .break
        cmp     dx, KEY_PRINT
        je      .print
        sti
        mov     ax, 0x8500
        int     0x15
.done:
        ret
.print:
        sti
        int     0x05
        ret
.break:
        mov     ax, [b_key_first]
        mov     [b_key_head], ax
        mov     [b_key_tail], ax
        mov     byte [b_break], 0x80
        sti
        int     0x1B
        cli
        xor     ax, ax
        jmp     key_put
.pause:
        or      byte [b_shift2], HELD_PAUSE
        sti
.paused:
        hlt
        test    byte [b_shift2], HELD_PAUSE
        jnz     .paused
        ret

; Ctrl-Alt-Del: a warm start. The controller's reset line resets the devices too; without one, POST does what it can.
key_reset:
        mov     word [b_warm], 0x1234
        mov     al, 0xFE
        call    i8042_command
        mov     cx, 0x1000
.wait:
        in      al, 0x64
        loop    .wait
        jmp     BIOS:entry_post

; ---- lamps: EDh, acknowledged, then their mask, acknowledged. Never waits for the keyboard. ----
led_update:
        mov     cl, [b_shift]
        shr     cl, 4
        and     cl, 0x07
        mov     al, [b_key_leds]
        mov     ch, al
        and     ch, 0x07
        cmp     cl, ch
        je      .done
        test    al, LED_UPDATE
        jnz     .done
        and     al, ~(0x07 | LED_MASK_SENT | LED_RESEND)
        or      al, LED_UPDATE
        or      al, cl
        mov     [b_key_leds], al
        mov     al, 0xED
        call    i8042_data
.done:
        ret

led_acknowledged:
        mov     al, [b_key_leds]
        or      al, LED_ACK
        test    al, LED_UPDATE
        jz      .store
        test    al, LED_MASK_SENT
        jnz     .finished
        or      al, LED_MASK_SENT
        mov     [b_key_leds], al
        and     al, 0x07
        jmp     i8042_data
.finished:
        and     al, ~(LED_UPDATE | LED_MASK_SENT)
.store:
        mov     [b_key_leds], al
        ret

led_resend:
        mov     al, [b_key_leds]
        or      al, LED_RESEND
        and     al, ~(LED_UPDATE | LED_MASK_SENT)
        mov     [b_key_leds], al
        ret
