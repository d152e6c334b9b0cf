; The firmware's own ROM is unchanged. Further,
; run.py puts a ROM image at D0000h (rom.asm); it leaves a mark and takes INT 60h. One with a wrong sum at D1000h must not run.

test_option_rom:
        push    word 0xF000             ; the image is as it was built: nothing writes to a ROM
        pop     es
        xor     edx, edx
        xor     di, di
        mov     cx, 0x4000
.sum:
        add     edx, [es:di]
        add     di, 4
        loop    .sum
        IS      edx, BIOS_SUM, "F0000-FFFFF holds bios.bin"
        push    ds
        push    word 0xD000
        pop     ds
        cmp     word [0], 0xAA55        ; an emulator that was started without it
        pop     ds
        jne     .none
        mov     ax, 0
        int     0x60
        IS      ax, 0x524F, "ROM at D0000h has run"
        IS      byte [0x512], 0, "ROM with a wrong sum has not"
.none:
        ret
