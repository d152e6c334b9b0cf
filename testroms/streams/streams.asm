; Prints on the first printer by INT 17h and by its ports with the interrupt, on port 402h and on COM1; then gives back what comes on COM1, one letter
; further, until a full stop, and switches the machine off.
        bits    16
        org     0x7C00

LPT     equ     0x378

start:  xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0x7C00
        mov     si, bios
.bios:  lodsb
        test    al, al
        jz      ports
        mov     ah, 0
        xor     dx, dx
        int     0x17
        test    ah, 0x29                ; time-out, error, no paper
        jnz     failed
        jmp     .bios

ports:  mov     word [0x0F * 4], printed        ; IRQ 7
        mov     [0x0F * 4 + 2], ds
        in      al, 0x21
        and     al, 0x7F
        out     0x21, al
        sti
        mov     si, direct
.next:  lodsb
        test    al, al
        jz      .done
        mov     byte [flag], 0
        mov     dx, LPT
        out     dx, al
        add     dx, 2
        mov     al, 0x1D                ; STROBE, INIT#, SELIN, interrupt
        out     dx, al
        mov     al, 0x1C
        out     dx, al
.wait:  cmp     byte [flag], 0
        je      .wait
        jmp     .next
.done:  mov     dx, 0x402
        in      al, dx
        cmp     al, 0xE9
        jne     failed
        mov     al, '!'
        out     dx, al

        mov     si, hello
.say:   lodsb
        test    al, al
        jz      echo
        call    send
        jmp     .say
echo:   mov     dx, 0x3FD
.look:  in      al, dx
        test    al, 1
        jz      .look
        mov     dx, 0x3F8
        in      al, dx
        cmp     al, '.'
        je      off
        inc     ax
        call    send
        jmp     echo

failed: mov     al, 1
        out     0xF4, al
off:    mov     al, 0
        out     0xF4, al
        jmp     $

send:   push    ax
        mov     dx, 0x3FD
.room:  in      al, dx
        test    al, 0x20
        jz      .room
        pop     ax
        mov     dx, 0x3F8
        out     dx, al
        ret

printed:
        push    ax
        push    dx
        mov     dx, LPT + 1
        in      al, dx                  ; takes the request back
        mov     byte [flag], 1
        mov     al, 0x20
        out     0x20, al
        pop     dx
        pop     ax
        iret

flag:   db      0
bios:   db      "by INT 17h", 10, 0
direct: db      "by ports", 10, 0
hello:  db      "hello", 10, 0
        times   510 - ($ - $$) db 0
        dw      0xAA55
