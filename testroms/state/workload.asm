; Writes sectors and flushes, and says on port E9h what it is about to do and what is flushed: "w LBA VALUE\n" before a write, "f\n" behind a flush.
; A boot sector; the disk is the primary master. Runs 40 writes of 1 to 4 sectors at scattered places.
bits 16
org 7C00h
        cli
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 7C00h
        cld
        mov     bp, 1                   ; number of the write, and the value in its bytes
next:   mov     ax, bp
        mov     cx, 157
        mul     cx
        xor     dx, dx
        mov     cx, 1900
        div     cx
        add     dx, 100
        mov     [lba], dx
        mov     ax, bp
        and     al, 3
        inc     al
        mov     [count], al
        mov     al, 'w'
        out     0E9h, al
        mov     ax, [lba]
        call    word16
        mov     al, [count]
        xor     ah, ah
        call    word16
        mov     ax, bp
        call    word16
        mov     al, 10
        out     0E9h, al
        ; WRITE SECTORS
        mov     dx, 1F2h
        mov     al, [count]
        out     dx, al
        inc     dx
        mov     ax, [lba]
        out     dx, al
        inc     dx
        mov     al, ah
        out     dx, al
        inc     dx
        xor     al, al
        out     dx, al
        inc     dx
        mov     al, 0E0h
        out     dx, al
        inc     dx
        mov     al, 30h
        out     dx, al
        mov     bl, [count]
sector: mov     dx, 1F7h
.wait:  in      al, dx
        and     al, 88h
        cmp     al, 8
        jne     .wait
        mov     ax, bp
        mov     ah, al
        mov     cx, 256
        mov     dx, 1F0h
.data:  out     dx, ax
        loop    .data
        dec     bl
        jnz     sector
        mov     dx, 1F7h
.done:  in      al, dx
        test    al, 80h
        jnz     .done
        mov     ax, bp
        and     al, 7
        cmp     al, 5
        jne     .go
        mov     al, 0E7h                ; FLUSH CACHE
        out     dx, al
.flush: in      al, dx
        test    al, 80h
        jnz     .flush
        mov     al, 'f'
        out     0E9h, al
        mov     al, 10
        out     0E9h, al
.go:    inc     bp
        cmp     bp, 41
        jb      next
        xor     al, al
        out     0F4h, al
        hlt
; AX in decimal behind a space.
word16: push    ax
        mov     al, ' '
        out     0E9h, al
        pop     ax
        mov     cx, 0
        mov     di, 10
.digit: xor     dx, dx
        div     di
        push    dx
        inc     cx
        test    ax, ax
        jnz     .digit
.out:   pop     ax
        add     al, '0'
        out     0E9h, al
        loop    .out
        ret
lba:    dw 0
count:  db 0
        times 510 - ($ - $$) db 0
        dw 0AA55h
