; flat
; FNSAVE with a 16-bit address whose 94-byte image runs past offset FFFFh, in a flat 32-bit segment: the address wraps at 64 KB when it is
; computed, the bytes of the operand do not (captured from silicon): ST(0) = pi begins at linear 10000h.
bits 32
org 0x100000
        mov     esp, 180000h
        finit
        fld1
        fldpi
        mov     dword [10000h], 0cccccccch
        mov     ebx, 0fff0h
        a16 o16 fnsave [bx]
        xor     eax, eax
        cmp     dword [10000h], 0daa22168h
        setne   al
        out     0f4h, al
        hlt
