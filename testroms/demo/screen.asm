; Text memory: 25 rows of 80 cells at B8000h, each a character and an attribute (high nibble background, low foreground).
;
; The put_ routines write at EDI in the colours of AH and leave EDI behind the last cell; everything else is kept.

LINE            equ 03h                 ; cyan: frames
TITLE           equ 0Bh                 ; bright cyan: titles of boxes
LABEL           equ 07h                 ; grey: what a value means
VALUE           equ 0Fh                 ; white: the value
GOOD            equ 0Ah                 ; bright green
BAD             equ 0Ch                 ; bright red
BAR             equ 1Fh                 ; white on blue: first and last row
BAR_ALARM       equ 4Fh                 ; white on red

        bits 32
put_char:                               ; AL
        mov     [edi], ax
        add     edi, 2
        ret

put_string:                             ; ESI = characters, 0 ends them
        push    eax
        push    esi
.next:
        lodsb
        test    al, al
        jz      .done
        call    put_char
        jmp     .next
.done:
        pop     esi
        pop     eax
        ret

put_field:                              ; ESI = characters, ECX = how many; unprintable ones become dots
        push    eax
        push    ecx
        push    esi
.next:
        lodsb
        cmp     al, 20h
        jb      .dot
        cmp     al, 7Fh
        jb      .put
.dot:   mov     al, "."
.put:   call    put_char
        loop    .next
        pop     esi
        pop     ecx
        pop     eax
        ret

put_hex32:                              ; EDX
        push    ecx
        mov     ecx, 8
        jmp     put_hex
put_hex16:                              ; DX
        push    ecx
        mov     ecx, 4
        jmp     put_hex
put_hex8:                               ; DL
        push    ecx
        mov     ecx, 2
put_hex:
        push    eax
        push    edx
        push    ecx
        shl     ecx, 2                  ; bring the first digit to the top
        ror     edx, cl
        pop     ecx
.digit:
        rol     edx, 4
        mov     al, dl
        and     al, 0Fh
        cmp     al, 10
        sbb     al, 69h                 ; 0-9 and A-F to ASCII: the classic trick of SBB and DAS
        das
        call    put_char
        loop    .digit
        pop     edx
        pop     eax
        pop     ecx
        ret

put_decimal2:                           ; DL = 0-99, always two digits
        push    eax
        push    edx
        mov     dh, ah
        mov     al, dl
        aam                             ; AH := AL / 10, AL := AL mod 10
        add     ax, "00"
        xchg    al, ah
        mov     dl, ah
        mov     ah, dh
        call    put_char
        mov     al, dl
        call    put_char
        pop     edx
        pop     eax
        ret

put_decimal:                            ; EDX, without leading zeros
        push    eax
        push    ebx
        push    ecx
        push    edx
        mov     bh, ah
        mov     eax, edx
        xor     ecx, ecx
.divide:
        xor     edx, edx
        push    ecx
        mov     ecx, 10
        div     ecx
        pop     ecx
        push    edx                     ; digits come out last first
        inc     ecx
        test    eax, eax
        jnz     .divide
.digit:
        pop     eax
        add     al, "0"
        mov     ah, bh
        call    put_char
        loop    .digit
        pop     edx
        pop     ecx
        pop     ebx
        pop     eax
        ret

put_spaces:                             ; ECX = how many
        push    eax
        push    ecx
        mov     al, " "
.next:
        call    put_char
        loop    .next
        pop     ecx
        pop     eax
        ret

; The cursor belongs to the CRT controller: registers 0Eh and 0Fh hold its cell, counted from the start of text memory.
move_cursor:                            ; EDI = address of the cell
        push    eax
        push    ebx
        push    edx
        mov     ebx, edi
        sub     ebx, TEXT_MEMORY
        shr     ebx, 1
        mov     dx, 3D4h
        mov     al, 0Eh
        mov     ah, bh
        out     dx, ax                  ; index in AL, data in AH: two ports by one 16-bit write
        mov     al, 0Fh
        mov     ah, bl
        out     dx, ax
        pop     edx
        pop     ebx
        pop     eax
        ret
