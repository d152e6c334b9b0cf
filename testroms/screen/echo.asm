; Shows what is typed, and says on port E9h what comes from keyboard and mouse: "key SSAA" (scan code and character), "mouse XX YY BB".
; F10 switches off.

%include "boot.inc"

start:
        mov     ax, 0x0003
        int     0x10
        mov     ax, 0xC205              ; PS/2 mouse: packets of three bytes
        mov     bh, 3
        int     0x15
        mov     ax, 0xC207
        mov     bx, mouse
        int     0x15
        mov     ax, 0xC200
        mov     bh, 1
        int     0x15
        mov     si, ready
        call    debug_text
.next:
        mov     ah, 0x10                ; with the keys of the 102-key keyboard
        int     0x16
        push    ax
        mov     si, key
        call    debug_text
        pop     ax
        push    ax
        xchg    al, ah
        call    hex
        mov     al, ah
        call    hex
        call    line
        pop     ax
        cmp     ah, 0x44
        je      power_off
        mov     ah, 0x0E
        mov     bx, 0x0007
        int     0x10
        cmp     al, 13
        jne     .next
        mov     ax, 0x0E0A
        int     0x10
        jmp     .next

; Called far with status, X, Y, Z on the stack, each a word.
mouse:
        push    bp
        mov     bp, sp
        pusha
        push    ds
        push    cs
        pop     ds
        mov     si, moved
        call    debug_text
        mov     al, [bp+10]
        call    hex
        mov     al, ' '
        out     0xE9, al
        mov     al, [bp+8]
        call    hex
        mov     al, ' '
        out     0xE9, al
        mov     al, [bp+12]
        and     al, 0x07
        call    hex
        call    line
        pop     ds
        popa
        pop     bp
        retf

; AL as two digits to port E9h.
hex:
        push    ax
        shr     al, 4
        call    .digit
        pop     ax
        push    ax
        call    .digit
        pop     ax
        ret
.digit:
        and     al, 0x0F
        cmp     al, 10
        sbb     al, 0x69
        das
        out     0xE9, al
        ret

line:
        mov     al, 10
        out     0xE9, al
        ret

ready:  db      "ready", 10, 0
key:    db      "key ", 0
moved:  db      "mouse ", 0

        IMAGE_END
