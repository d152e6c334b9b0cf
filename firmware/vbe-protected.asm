; INT 10h AX=4F0Ah: routines for 32-bit programs, to be copied to any place. VBE Core Functions Standard 3.0, function 0Ah.

; ---- 0Ah: BL=0: ES:DI = table and code, CX = bytes ----
vbe_protected_mode:
        test    bl, bl
        jnz     vbe_failed
        mov     word [bp+f_es], BIOS
        mov     word [bp+f_di], vbe_32
        mov     word [bp+f_cx], vbe_32_end - vbe_32
        ret

        align   4
vbe_32:
        dw      vbe_32_window - vbe_32, vbe_32_start - vbe_32, vbe_32_palette - vbe_32, vbe_32_ports - vbe_32
vbe_32_ports:
        dw      VBE_INDEX, VBE_DATA, 0x3C8, 0x3C9, 0x3DA, 0xFFFF        ; ports that the routines use
        dw      0xFFFF                                                  ; and memory: none

        bits    32
; AL = register, CX = value.
vbe_32_write:
        push    edx
        mov     dx, VBE_INDEX
        movzx   ax, al
        out     dx, ax
        inc     edx
        mov     ax, cx
        out     dx, ax
        pop     edx
        ret

; AX = register AL.
vbe_32_read:
        push    edx
        mov     dx, VBE_INDEX
        movzx   ax, al
        out     dx, ax
        inc     edx
        in      ax, dx
        pop     edx
        ret

; BX = 0: window A to 64 KiB number DX.
vbe_32_window:
        push    ecx
        test    bx, bx
        jnz     .refused
        mov     al, VBE_BANK
        mov     ecx, edx
        call    vbe_32_write
        mov     ax, 0x004F
        pop     ecx
        ret
.refused:
        mov     ax, 0x014F
        pop     ecx
        ret

; BL = 0 or 80h: the screen starts at the doubleword number DX:CX of the memory. Not for planar modes.
vbe_32_start:
        pushad
        shl     edx, 16
        mov     dx, cx
        shl     edx, 2
        mov     esi, edx
        test    bl, bl
        jns     .now
        call    vbe_32_retrace
.now:
        mov     al, VBE_WIDTH
        call    vbe_32_read
        movzx   edi, ax
        mov     al, VBE_BPP
        call    vbe_32_read
        movzx   ebx, ax
        add     ebx, 7
        shr     ebx, 3                  ; bytes of a dot
        mov     eax, esi
        xor     edx, edx
        imul    edi, ebx
        div     edi
        push    eax
        mov     eax, edx
        xor     edx, edx
        div     ebx
        mov     ecx, eax
        mov     al, VBE_X
        call    vbe_32_write
        pop     ecx
        mov     al, VBE_Y
        call    vbe_32_write
        popad
        mov     ax, 0x004F
        ret

vbe_32_retrace:
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

; BL = 0 or 80h: CX entries of the DAC from DX on, as in function 09h, at ES:EDI.
vbe_32_palette:
        pushad
        movzx   ecx, cx
        jecxz   .done
        test    bl, bl
        jns     .now
        push    edx
        call    vbe_32_retrace
        pop     edx
.now:
        mov     eax, edx
        mov     dx, 0x3C8
        out     dx, al
        inc     edx
.next:
        mov     al, [es:edi+2]
        out     dx, al
        mov     al, [es:edi+1]
        out     dx, al
        mov     al, [es:edi]
        out     dx, al
        add     edi, 4
        loop    .next
.done:
        popad
        mov     ax, 0x004F
        ret
        bits    16
vbe_32_end:
