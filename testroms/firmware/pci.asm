; A boot sector that writes the configuration space of bus 0 to port E9h, as lspci -x prints it, and ends the machine.
        bits    16
        org     0x7C00

        xor     bx, bx                  ; device << 3 | function
.function:
        xor     cx, cx                  ; register
        call    read
        cmp     ax, 0xFFFF
        je      .next
        mov     al, '0'
        call    put
        mov     al, '0'
        call    put
        mov     al, ':'
        call    put
        mov     al, bl
        shr     al, 3
        call    put_byte
        mov     al, '.'
        call    put
        mov     al, bl
        and     al, 7
        add     al, '0'
        call    put
        mov     al, ' '
        call    put
        mov     al, 'f'
        call    put
.line:
        test    cl, 15
        jnz     .register
        mov     al, 10
        call    put
        mov     al, cl
        call    put_byte
        mov     al, ':'
        call    put
.register:
        call    read
        mov     si, 4
.byte:
        push    eax
        mov     al, ' '
        call    put
        pop     eax
        call    put_byte
        shr     eax, 8
        dec     si
        jnz     .byte
        add     cl, 4
        jnz     .line
        mov     al, 10
        call    put
        call    put
.next:
        inc     bl
        jnz     .function
        xor     al, al
        out     0xF4, al
        hlt

; EAX = register CL of function BL
read:
        movzx   eax, bx
        shl     eax, 8
        mov     al, cl
        bts     eax, 31
        mov     dx, 0xCF8
        out     dx, eax
        mov     dx, 0xCFC
        in      eax, dx
        ret

; AL in hexadecimal; EAX stays.
put_byte:
        push    eax
        push    ax
        shr     al, 4
        call    .digit
        pop     ax
        and     al, 15
        call    .digit
        pop     eax
        ret
.digit:
        add     al, '0'
        cmp     al, '9'
        jbe     put
        add     al, 'a' - '9' - 1
put:
        out     0xE9, al
        ret

        times   510 - ($ - $$) db 0
        dw      0xAA55
