; INT 10h AH=10h, functions for the DAC.

; DAC entry AL = DH, CH, CL.
dac_write:
        push    dx
        mov     ah, dh
        mov     dx, 0x3C8
        out     dx, al
        inc     dx
        mov     al, ah
        out     dx, al
        mov     al, ch
        out     dx, al
        mov     al, cl
        out     dx, al
        pop     dx
        ret

; DH, CH, CL = DAC entry AL.
dac_read:
        mov     dx, 0x3C7
        out     dx, al
        add     dl, 2
        in      al, dx
        mov     ah, al
        in      al, dx
        mov     ch, al
        in      al, dx
        mov     cl, al
        mov     dh, ah
        ret

dac_set:                                ; entry BX
        mov     al, bl
        jmp     dac_write

dac_get:
        mov     al, bl
        call    dac_read
        mov     [bp+f_dh], dh
        mov     [bp+f_cx], cx
        ret

dac_set_block:                          ; CX entries from BX on, at ES:DX
        mov     si, dx
        mov     dx, 0x3C8
        mov     al, bl
        out     dx, al
        inc     dx
        jcxz    .done
.next:
%rep 3
        mov     al, [es:si]
        out     dx, al
        inc     si
%endrep
        loop    .next
.done:
        ret

dac_get_block:
        mov     di, dx
        mov     dx, 0x3C7
        mov     al, bl
        out     dx, al
        add     dl, 2
        jcxz    .done
.next:
%rep 3
        in      al, dx
        stosb
%endrep
        loop    .next
.done:
        ret

dac_page:                               ; BL=0: BH = 1 sixteen pages of 16, 0 four of 64; BL=1: page BH
        mov     al, 0x10
        call    attribute_read
        test    bl, bl
        jnz     .page
        and     ah, 0x7F
        shl     bh, 7
        or      ah, bh
        jmp     attribute_write
.page:
        test    ah, 0x80
        mov     ah, bh
        jnz     .sixteen
        shl     ah, 2
.sixteen:
        mov     al, 0x14
        jmp     attribute_write

dac_get_page:                           ; BL = paging mode, BH = page
        mov     al, 0x14
        call    attribute_read
        mov     bh, ah
        mov     al, 0x10
        call    attribute_read
        shr     ah, 7
        mov     bl, ah
        jnz     .sixteen
        shr     bh, 2
.sixteen:
        mov     [bp+f_bx], bx
        ret

dac_set_mask:
        mov     dx, 0x3C6
        mov     al, bl
        out     dx, al
        ret

dac_get_mask:
        mov     dx, 0x3C6
        in      al, dx
        mov     [bp+f_bl], al
        ret

dac_grey:                               ; CX entries from BX on: 30 % red, 59 % green, 11 % blue
        jcxz    .done
.next:
        push    cx
        mov     al, bl
        call    dac_read
        mov     al, 77
        mul     dh
        mov     si, ax
        mov     al, 151
        mul     ch
        add     si, ax
        mov     al, 28
        mul     cl
        add     ax, si
        mov     dh, ah
        mov     ch, ah
        mov     cl, ah
        mov     al, bl
        call    dac_write
        pop     cx
        inc     bl
        loop    .next
.done:
        ret
