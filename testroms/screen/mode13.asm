; Mode 13h: a plasma of four waves that moves with the retrace, its palette turning; the upper half is drawn, the lower one mirrors it. Esc switches off.

%include "boot.inc"

SINE            equ 0x1000              ; 256 bytes: 0 to 63
FRAME           equ 0x1100              ; number of the frame

start:
        mov     ax, 0x0013
        int     0x10
        call    make_sine
        mov     ax, 0xA000
        mov     es, ax
        mov     word [FRAME], 0
.frame:
        call    draw
        call    retrace
        call    turn_palette
        inc     word [FRAME]
        mov     ah, 0x01
        int     0x16
        jz      .frame
        mov     ah, 0
        int     0x16
        cmp     al, 27
        jne     .frame
        jmp     power_off

; A parabola is close enough to a sine: 0 to 63 and back, 256 steps a turn.
make_sine:
        xor     bx, bx
.next:
        mov     al, bl
        and     al, 0x7F                ; half a turn
        mov     ah, 0x80
        sub     ah, al
        mul     ah                      ; 0 to 4096
        shr     ax, 7                   ; 0 to 32
        test    bl, 0x80
        jz      .upper
        neg     ax
.upper:
        add     ax, 32
        cmp     ax, 63
        jbe     .store
        mov     ax, 63
.store:
        mov     [SINE + bx], al
        inc     bl
        jnz     .next
        ret

draw:
        xor     di, di
        xor     dx, dx                  ; row
.row:
        xor     cx, cx                  ; column
        movzx   bx, dl                  ; what depends on the row alone
        add     bl, bl
        add     bl, [FRAME]
        mov     ah, [SINE + bx]
        mov     bl, dl
        sub     bl, [FRAME]
        sub     bl, [FRAME]
        add     ah, [SINE + bx]
.dot:
        mov     bl, cl
        add     bl, [FRAME]
        mov     al, [SINE + bx]
        mov     bl, cl
        add     bl, dl
        add     bl, bl
        sub     bl, [FRAME]
        add     al, [SINE + bx]
        add     al, ah
        stosb
        inc     cx
        cmp     cx, 320
        jb      .dot
        inc     dx
        cmp     dx, 100
        jb      .row
        push    ds                      ; and the mirror
        push    es
        pop     ds
        mov     si, 99 * 320
        mov     dx, 100
.mirror:
        mov     cx, 160
        rep     movsw
        sub     si, 640
        dec     dx
        jnz     .mirror
        pop     ds
        ret

retrace:
        mov     dx, 0x3DA
.during:
        in      al, dx
        test    al, 0x08
        jnz     .during
.before:
        in      al, dx
        test    al, 0x08
        jz      .before
        ret

; Red, green and blue are sines a third of a turn apart.
turn_palette:
        mov     dx, 0x3C8
        xor     al, al
        out     dx, al
        inc     dx
        xor     cx, cx
.next:
        mov     bx, cx
        xor     bh, bh
        add     bl, [FRAME]
        mov     al, [SINE + bx]
        out     dx, al
        add     bl, 85
        mov     al, [SINE + bx]
        out     dx, al
        add     bl, 85
        mov     al, [SINE + bx]
        out     dx, al
        inc     cl
        jnz     .next
        ret

        IMAGE_END
