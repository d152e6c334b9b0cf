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
