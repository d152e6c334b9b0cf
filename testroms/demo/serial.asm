; COM1, a 16550A at 3F8h: one line of text for each check, so that tests need no screen.

COM1            equ 3F8h
COM_DIVISOR     equ COM1                ; while LCR.DLAB = 1
COM_IER         equ COM1 + 1
COM_FCR         equ COM1 + 2
COM_LCR         equ COM1 + 3
COM_MCR         equ COM1 + 4
COM_LSR         equ COM1 + 5

        bits 32
serial_init:
        mov     dx, COM_IER
        xor     al, al                  ; no interrupts: we poll
        out     dx, al
        mov     dx, COM_LCR
        mov     al, 80h                 ; DLAB
        out     dx, al
        mov     dx, COM_DIVISOR
        mov     al, 1                   ; 1.8432 MHz / 16 / 1 = 115200 baud
        out     dx, al
        inc     dx
        xor     al, al
        out     dx, al
        mov     dx, COM_LCR
        mov     al, 03h                 ; 8 data bits, no parity, 1 stop bit
        out     dx, al
        mov     dx, COM_FCR
        mov     al, 07h                 ; FIFOs on and empty
        out     dx, al
        mov     dx, COM_MCR
        mov     al, 03h                 ; DTR, RTS
        out     dx, al
        ret

serial_char:                            ; AL
        push    ecx
        push    edx
        push    eax
        mov     ecx, 100000             ; a machine without COM1 must not stop us
        mov     dx, COM_LSR
.wait:
        in      al, dx
        test    al, 20h                 ; THRE: transmitter holding register empty
        loopz   .wait
        pop     eax
        mov     dx, COM1
        out     dx, al
        pop     edx
        pop     ecx
        ret

serial_string:                          ; ESI, 0 ends it
        push    eax
        push    esi
.next:
        lodsb
        test    al, al
        jz      .done
        call    serial_char
        jmp     .next
.done:
        pop     esi
        pop     eax
        ret

serial_line:                            ; ESI, then a line end
        push    eax
        call    serial_string
        mov     al, 13
        call    serial_char
        mov     al, 10
        call    serial_char
        pop     eax
        ret
