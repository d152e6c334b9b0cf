; The lamps for Scroll Lock, Num Lock and Caps Lock, for INT 09h.

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
