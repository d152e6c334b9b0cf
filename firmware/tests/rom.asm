; A ROM for an expansion card, 512 bytes, and 4 KiB further one whose bytes do not add up to 0. run.py sets the first one's sum.

        bits    16
        org     0
        db      0x55, 0xAA, 1
        jmp     start
start:
        push    ds
        push    byte 0
        pop     ds
        mov     word [0x60*4], service
        mov     [0x60*4+2], cs
        mov     byte [0x512], 0
        pop     ds
        retf
service:
        mov     ax, 0x524F
        iret
        times   4096 - ($ - $$) db 0
wrong:
        db      0x55, 0xAA, 1
        push    ds
        push    byte 0
        pop     ds
        mov     byte [0x512], 1
        pop     ds
        retf
        times   4096 + 512 - ($ - $$) db 0
