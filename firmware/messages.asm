; What the BIOS says, and how: through INT 10h, so that a video ROM or a debugger sees it too.

message_sign_on:
        db      "swemu BIOS", 13, 10, 0

; Prints the text at CS:SI.
print:
        push    ax
.next:
        cs lodsb
        test    al, al
        jz      .done
        call    print_letter
        jmp     .next
.done:
        pop     ax
        ret

; Prints the character AL. Changes AH.
print_letter:
        push    bx
        mov     ah, 0x0E
        mov     bx, 0x0007
        int     0x10
        pop     bx
        ret

; Prints AL as two hexadecimal digits.
print_hex:
        push    ax
        shr     al, 4
        call    .digit
        pop     ax
        push    ax
        and     al, 0x0F
        call    .digit
        pop     ax
        ret
.digit:
        cmp     al, 10
        sbb     al, 0x69                ; the digit's character, by the decimal adjust trick
        das
        jmp     print_letter
