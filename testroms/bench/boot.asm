; The boot sector: loads sectors 1 and following to PARAMETERS by INT 13h, one at a time, and jumps behind the parameters.

boot:
        jmp     0:.start
.start:
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, REAL_STACK
        cld
        mov     [.drive], dl
        mov     ah, 08h                 ; drive parameters
        xor     di, di
        int     13h
        jc      .failed
        xor     ax, ax
        mov     es, ax
        and     cx, 3Fh
        mov     [.sectors], cx
        mov     dl, dh
        xor     dh, dh
        inc     dx
        mov     [.heads], dx
        mov     si, 1
        mov     bx, PARAMETERS
.next:
        mov     ax, si
        xor     dx, dx
        div     word [.sectors]
        mov     cx, dx
        inc     cx
        xor     dx, dx
        div     word [.heads]
        mov     dh, dl
        mov     dl, [.drive]
        mov     ch, al
        shl     ah, 6
        or      cl, ah
        mov     ax, 0201h
        int     13h
        jc      .failed
        inc     si
        add     bx, SECTOR
        cmp     si, KERNEL_SECTORS
        jbe     .next
        jmp     0:start
.failed:
        mov     si, .message
.print:
        lodsb
        out     0E9h, al
        test    al, al
        jnz     .print
.stop:
        hlt
        jmp     .stop
.message:
        db      "ERROR the disk cannot be read", 10, 0
.drive: db      0
.sectors:
        dw      0
.heads: dw      0
        times   510 - ($ - $$) db 0
        dw      0AA55h
