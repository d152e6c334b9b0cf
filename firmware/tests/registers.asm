; Services change what they are documented to change. All registers, 32 bits of them, and IF, for a list of calls.

test_registers:
        mov     si, .calls
.next:
        mov     ax, [cs:si]
        cmp     ax, 0xFFFF
        je      .done
        push    si
        mov     dl, [cs:si+2]
        mov     [cs:.number+1], dl
        movzx   eax, ax
        or      eax, 0xA5A50000
        mov     ebx, 0xB1B20000
        mov     ecx, 0xC1C20000
        mov     edx, 0xD1D20000
        mov     dl, [cs:si+3]
        mov     esi, 0x51525354
        mov     edi, 0x61626364
        mov     ebp, 0x71727374
        push    word 0x1111
        pop     es
        push    word 0x2222
        pop     fs
        push    word 0x3333
        pop     gs
        mov     [cs:.stack], sp
        cli
.number:
        int     0x10
        pushf
        pop     word [cs:.flags]
        cmp     sp, [cs:.stack]
        jne     .wrong
        sti
        push    ax
        mov     ax, es
        cmp     ax, 0x1111
        mov     ax, fs
        jne     .wrong_pop
        cmp     ax, 0x2222
        mov     ax, gs
        jne     .wrong_pop
        cmp     ax, 0x3333
        jne     .wrong_pop
        pop     ax
        test    byte [cs:.flags+1], 0x02
        jnz     .wrong                  ; IF must stay off
        cmp     esi, 0x51525354
        jne     .wrong
        cmp     edi, 0x61626364
        jne     .wrong
        cmp     ebp, 0x71727374
        jne     .wrong
        shr     eax, 16
        cmp     ax, 0xA5A5
        jne     .wrong
        shr     ebx, 16
        cmp     bx, 0xB1B2
        jne     .wrong
        shr     ecx, 16
        cmp     cx, 0xC1C2
        jne     .wrong
        shr     edx, 16
        cmp     dx, 0xD1D2
        jmp     .say
.wrong_pop:
        pop     ax
.wrong:
        or      sp, sp                  ; ZF = 0
.say:
        mov     sp, [cs:.stack]
        CHECK   e, "registers and IF are kept"
        sti
        pop     si
        add     si, 4
        jmp     .next
.done:
        push    ds
        pop     es
        ret
; AX, interrupt, DL
.calls:
        dw      0x0300, 0x0010
        dw      0x0F00, 0x0010
        dw      0x0E41, 0x0010
        dw      0x0801, 0x0010
        dw      0x1A00, 0x0010
        dw      0x0100, 0x0016
        dw      0x0200, 0x0016
        dw      0x1100, 0x0016
        dw      0x0000, 0x8013
        dw      0x1500, 0x8013
        dw      0x0800, 0x8013
        dw      0x4100, 0x8013
        dw      0x0200, 0x0013
        dw      0x8800, 0x0015
        dw      0x2402, 0x0015
        dw      0x0000, 0x001A
        dw      0x0200, 0x001A
        dw      0x0000, 0x0011
        dw      0x0000, 0x0012
        dw      0x0300, 0x0014
        dw      0x0200, 0x0017
        dw      0xFFFF
.stack: dw      0
.flags: dw      0
