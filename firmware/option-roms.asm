; ROMs of expansion cards: 55h AAh, length in 512-byte units, entry at offset 3; the bytes of the ROM add up to 0.

; Runs every ROM from segment CX up to, not including, segment DX.
option_roms_run:
.look:
        mov     ds, cx
        cmp     word [0], 0xAA55
        jne     .next
        movzx   bx, byte [2]
        test    bx, bx
        jz      .next
        mov     ax, bx
        shl     ax, 5
        add     ax, cx                  ; must end where the search ends
        jc      .next
        cmp     ax, dx
        ja      .next
        call    option_rom_sum
        jnz     .next
        pusha
        push    word BIOS               ; the far return address
        push    word .back
        push    cx
        push    word 3
        xor     bx, bx
        retf
.back:
        cld
        popa
        shl     bx, 5                   ; past the ROM, in steps of 2 KiB
        add     bx, 0x7F
        and     bx, ~0x7F
        add     cx, bx
        jmp     .more
.next:
        add     cx, 0x80
.more:
        cmp     cx, dx
        jb      .look
        push    byte BDA
        pop     ds
        ret

; ZF = the BX * 512 bytes at DS:0 add up to 0. Changes AX, SI.
option_rom_sum:
        push    bx
        push    cx
        push    ds
        xor     ah, ah
.block:
        xor     si, si
        mov     cx, 512
.byte:
        lodsb
        add     ah, al
        loop    .byte
        mov     si, ds
        add     si, 0x20
        mov     ds, si
        dec     bx
        jnz     .block
        test    ah, ah
        pop     ds
        pop     cx
        pop     bx
        ret
