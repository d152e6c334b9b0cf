; INT 13h AH=41h and 48h on drive 80h.

test_edd:
        push    ds
        pop     es
        mov     ah, 0x41
        mov     bx, 0x55AA
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "41h: drive 80h"
        IS      bx, 0xAA55, "41h: BX"
        IS      ah, 0x30, "41h: version 3.0"
        IS      cx, 0x0005, "41h: subsets"
        mov     word [buffer], 0x42
        mov     ah, 0x48
        mov     si, buffer
        mov     dl, 0x80
        int     0x13
        CHECK   nc, "48h"
        IS      word [buffer], 0x42, "48h: size"
        IS      dword [buffer+16], 32768, "48h: sectors"
        IS      word [buffer+24], 512, "48h: bytes per sector"
        IS      word [buffer+30], 0xBEDD, "48h: device path"
        mov     si, buffer + 30
        mov     cx, 36
        xor     al, al
.sum:
        add     al, [si]
        inc     si
        loop    .sum
        IS      al, 0, "48h: device path adds up to 0"
        les     bx, [buffer+26]
        IS      word [es:bx], 0x1F0, "48h: port in the extension"
        xor     al, al
        mov     cx, 16
.sum_2:
        add     al, [es:bx]
        inc     bx
        loop    .sum_2
        IS      al, 0, "48h: extension adds up to 0"
        push    ds
        pop     es
        mov     word [buffer], 0x19
        mov     ah, 0x48
        mov     si, buffer
        mov     dl, 0x80
        int     0x13
        CHECK   c, "48h: buffer too small"
        ret
