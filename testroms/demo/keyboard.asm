; The keyboard: each press and release of a key sends scan codes (set 1, after translation by the 8042) with IRQ 1.

KEYBOARD_DATA   equ 60h
KEYBOARD_STATUS equ 64h
ECHO            equ 0EEh                ; a command the keyboard answers with the same byte
ESCAPE          equ 01h                 ; scan codes
LEFT_SHIFT      equ 2Ah
RIGHT_SHIFT     equ 36h
RELEASED        equ 80h
BACKSPACE       equ 08h

QUEUE_SIZE      equ 64                  ; a power of two
CODES_SHOWN     equ 20
TEXT_WIDTH      equ WHOLE - 4 - 12

        bits 32
; Passed when the keyboard answers ECHO through IRQ 1 within a fifth of a second. No key has to be pressed.
keyboard_check:
        push    eax
        push    ecx
        mov     byte [echo_seen], 0
        mov     ecx, 16                 ; forget what was typed in the BIOS's time
.drain:
        in      al, KEYBOARD_STATUS
        test    al, 01h                 ; OBF: a byte waits for us
        jz      .empty
        in      al, KEYBOARD_DATA
        loop    .drain
.empty:
        mov     ecx, 100000
.full:
        in      al, KEYBOARD_STATUS
        test    al, 02h                 ; IBF: our last byte is not yet taken
        loopnz  .full
        mov     al, ECHO
        out     KEYBOARD_DATA, al
        mov     eax, [ticks]
        add     eax, 20
.wait:
        sti
        hlt
        cli
        cmp     byte [echo_seen], 1
        je      .done                   ; CF = 0
        cmp     [ticks], eax
        jb      .wait
        stc
.done:
        pop     ecx
        pop     eax
        ret

keyboard_interrupt:
        in      al, KEYBOARD_DATA       ; reading the byte frees the controller for the next one
        cmp     al, ECHO
        jne     .key
        mov     byte [echo_seen], 1
        jmp     .acknowledge
.key:
        mov     ecx, [queue_head]
        mov     edx, ecx
        inc     edx
        and     edx, QUEUE_SIZE - 1
        cmp     edx, [queue_tail]
        je      .acknowledge            ; full: drop it
        mov     [queue + ecx], al
        mov     [queue_head], edx
.acknowledge:
        mov     al, EOI
        out     PIC1, al
        ret

keyboard_draw:
        pushad
        cmp     byte [.drawn], 0
        je      .draw                   ; the first time: put the cursor in its place
.next:
        mov     ecx, [queue_tail]
        cmp     ecx, [queue_head]
        je      .done
        mov     al, [queue + ecx]
        inc     ecx
        and     ecx, QUEUE_SIZE - 1
        mov     [queue_tail], ecx
        call    take_scan_code
.draw:
        mov     byte [.drawn], 1
        call    draw_keys
        jmp     .next
.done:
        popad
        ret
.drawn:         db 0

take_scan_code:                         ; AL
        cmp     al, ESCAPE
        je      power_off
        push    eax
        mov     esi, codes + 1          ; the oldest code moves out on the left
        mov     edi, codes
        mov     ecx, CODES_SHOWN - 1
        rep     movsb
        stosb
        cmp     dword [code_count], CODES_SHOWN
        adc     dword [code_count], 0   ; counts up to CODES_SHOWN
        pop     eax

        mov     ah, al
        and     ah, 7Fh
        cmp     ah, LEFT_SHIFT
        je      .shift
        cmp     ah, RIGHT_SHIFT
        je      .shift
        test    al, RELEASED            ; E0h, the prefix of newer keys, is one of these, too
        jnz     .done
        movzx   ebx, al
        cmp     ebx, KEYS
        jae     .done
        cmp     byte [shift], 0
        je      .lower
        mov     al, [upper_keys + ebx]
        jmp     .mapped
.lower:
        mov     al, [lower_keys + ebx]
.mapped:
        test    al, al
        jz      .done
        mov     ecx, [text_length]
        cmp     al, BACKSPACE
        je      .backspace
        cmp     al, 13
        je      .clear
        cmp     ecx, TEXT_WIDTH - 1
        jb      .append
        xor     ecx, ecx                ; a full line starts afresh
.append:
        mov     [text + ecx], al
        inc     ecx
        jmp     .store
.backspace:
        jecxz   .done
        dec     ecx
        jmp     .store
.clear:
        xor     ecx, ecx
.store:
        mov     [text_length], ecx
.done:
        ret
.shift:
        mov     ah, al
        not     ah
        shr     ah, 7                   ; 1 pressed, 0 released
        mov     [shift], ah
        ret

draw_keys:
        mov     edi, in_box(ROW_KEYBOARD, LEFT, 1) + 2 * 12
        mov     ecx, [code_count]
        mov     esi, codes + CODES_SHOWN
        sub     esi, ecx
        jecxz   .text
.code:
        mov     ah, VALUE
        mov     dl, [esi]
        test    dl, RELEASED
        jz      .pressed
        mov     ah, LABEL               ; releases are grey
.pressed:
        call    put_hex8
        mov     al, " "
        call    put_char
        inc     esi
        loop    .code
.text:
        mov     edi, in_box(ROW_KEYBOARD, LEFT, 2) + 2 * 12
        mov     ah, VALUE
        mov     esi, text
        mov     ecx, [text_length]
        jecxz   .cursor
        call    put_field
.cursor:
        push    edi
        call    move_cursor
        mov     ecx, TEXT_WIDTH
        sub     ecx, [text_length]
        call    put_spaces
        pop     edi
        ret

; What the keys of the main block of a US keyboard mean, by scan code; 0: nothing to show.
lower_keys:
        db      0, 0, "1234567890-=", BACKSPACE, 0
        db      "qwertyuiop[]", 13, 0, "asdfghjkl;'`", 0
        db      "\zxcvbnm,./", 0, "*", 0, " "
KEYS            equ $ - lower_keys
upper_keys:
        db      0, 0, "!@#$%^&*()_+", BACKSPACE, 0
        db      "QWERTYUIOP{}", 13, 0, 'ASDFGHJKL:"~', 0
        db      "|ZXCVBNM<>?", 0, "*", 0, " "
%if $ - upper_keys != KEYS
  %error "upper_keys and lower_keys differ in length."
%endif

        align 4
queue_head:     dd 0                    ; where the interrupt handler puts the next byte
queue_tail:     dd 0                    ; where the main loop takes it
code_count:     dd 0
text_length:    dd 0
echo_seen:      db 0
shift:          db 0
queue:          times QUEUE_SIZE db 0
codes:          times CODES_SHOWN db 0
text:           times TEXT_WIDTH db 0
