; What a CD boots without emulation: checks how it was started and what INT 13h does with drive E0h, and prints TAP on port E9h.
; El Torito 1.0; Phoenix Enhanced Disk Drive Specification 3.0. The image has 8 sectors, the disc 60 blocks.
org     0x7C00
bits    16
cpu     386
        jmp     start
%include "harness.inc"

start:
        mov     [boot_drive], dl
        mov     [first_cs], cs
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0x7C00
        mov     es, ax
        sti
        cld
        IS      byte [boot_drive], 0xE0, "DL is the drive"
        IS      word [first_cs], 0, "started at 0000:7C00"
        IS      dword [last_mark], 0x12345678, "all sectors were loaded"

        mov     ah, 0x41
        mov     bx, 0x55AA
        mov     dl, 0xE0
        int     0x13
        CHECK   nc, "41h: the extensions are there"
        IS      bx, 0xAA55, "41h: BX"
        mov     ah, 0x41
        mov     bx, 0x55AA
        mov     dl, 0xE1
        int     0x13
        CHECK   c, "41h: no drive E1h"

        mov     word [buffer], 0x1A
        mov     si, buffer
        mov     ah, 0x48
        mov     dl, 0xE0
        int     0x13
        CHECK   nc, "48h"
        IS      word [buffer], 0x1A, "48h: size"
        IS      dword [buffer + 16], 60, "48h: blocks"
        IS      dword [buffer + 20], 0, "48h: blocks, high"
        IS      word [buffer + 24], 2048, "48h: bytes in a block"
        test    byte [buffer + 2], 4
        CHECK   nz, "48h: removable"
        mov     word [buffer], 0x19
        mov     si, buffer
        mov     ah, 0x48
        int     0x13
        CHECK   c, "48h: buffer too small"

        mov     ax, 0x4B01
        mov     si, buffer
        mov     dl, 0xE0
        int     0x13
        CHECK   nc, "4B01h"
        IS      byte [buffer], 0x13, "4B01h: size"
        IS      byte [buffer + 1], 0, "4B01h: no emulation"
        IS      byte [buffer + 2], 0xE0, "4B01h: drive"
        IS      dword [buffer + 4], 21, "4B01h: first block of the image"
        IS      word [buffer + 12], 0x07C0, "4B01h: load segment"
        IS      word [buffer + 14], 8, "4B01h: sectors"
        mov     ax, 0x4B02
        mov     si, buffer
        mov     dl, 0xE0
        int     0x13
        CHECK   c, "4B02h is none"

        mov     word [packet + 2], 1
        mov     dword [packet + 8], 16
        call    read
        CHECK   nc, "42h: a block"
        IS      ah, 0, "42h: status"
        IS      word [packet + 2], 1, "42h: blocks done"
        IS      dword [buffer + 1], "CD00", "42h: it is the volume descriptor"
        mov     word [packet + 2], 2
        mov     dword [packet + 8], 58
        call    read
        CHECK   nc, "42h: the last two blocks"
        IS      byte [buffer], (58 * 7 + 8) & 255, "42h: the first of them"
        IS      byte [buffer + 2048], (59 * 7 + 8) & 255, "42h: the second"
        mov     word [packet + 2], 2
        mov     dword [packet + 8], 59
        call    read
        CHECK   c, "42h: behind the end"
        IS      ah, 4, "42h: behind the end, status"
        mov     word [packet + 2], 1
        mov     dword [packet + 12], 1
        call    read
        CHECK   c, "42h: far behind the end"
        mov     dword [packet + 12], 0
        mov     word [packet + 2], 0
        mov     dword [packet + 8], 16
        call    read
        CHECK   nc, "42h: no blocks are no error"

        mov     word [packet + 4], 0xFC00       ; the offset would wrap inside the first block
        mov     word [packet + 6], 0x1000
        mov     word [packet + 2], 2
        mov     dword [packet + 8], 58
        call    read
        CHECK   nc, "42h: over the end of a segment"
        push    ds
        mov     ax, 0x1FC0
        mov     ds, ax
        cmp     byte [0], (58 * 7 + 8) & 255
        sete    al
        cmp     byte [2048], (59 * 7 + 8) & 255
        sete    ah
        pop     ds
        IS      ax, 0x0101, "42h: over the end of a segment, the blocks"
        mov     byte [packet], 24
        mov     dword [packet + 4], 0xFFFFFFFF
        mov     dword [packet + 16], 0x20010
        mov     dword [packet + 20], 0
        mov     word [packet + 2], 1
        mov     dword [packet + 8], 16
        call    read
        CHECK   nc, "42h: flat address"
        push    ds
        mov     ax, 0x2000
        mov     ds, ax
        cmp     dword [0x11], "CD00"
        pop     ds
        CHECK   e, "42h: flat address, the block"
        mov     byte [packet], 15
        call    read
        CHECK   c, "42h: a packet too small"
        mov     byte [packet], 16
        mov     word [packet + 4], buffer
        mov     word [packet + 6], 0

        mov     ah, 0x43
        call    transfer
        CHECK   c, "43h: nothing is written"
        IS      ah, 3, "43h: write-protected"
        mov     ah, 0x44
        call    transfer
        CHECK   nc, "44h"
        mov     ah, 0x47
        call    transfer
        CHECK   nc, "47h"
        mov     dword [packet + 8], 60
        mov     ah, 0x47
        call    transfer
        CHECK   c, "47h: behind the end"
        mov     ah, 0x01
        mov     dl, 0xE0
        int     0x13
        IS      ah, 4, "01h: the last status"
        mov     ah, 0x10
        mov     dl, 0xE0
        int     0x13
        CHECK   nc, "10h: ready"
        mov     ah, 0x00
        mov     dl, 0xE0
        int     0x13
        CHECK   nc, "00h"
        mov     ax, 0x0201
        mov     bx, buffer
        mov     cx, 1
        mov     dx, 0x00E0
        int     0x13
        CHECK   c, "02h: no cylinders here"
        IS      ah, 1, "02h: status"
        mov     ah, 0x08
        mov     dl, 0x80
        int     0x13
        CHECK   c, "08h: no hard disk"

        mov     eax, 0x11223344         ; what a service does not answer it leaves alone
        mov     ebx, 0x55667788
        mov     ecx, 0x99AABBCC
        mov     edx, 0xDDEE00E0
        mov     edi, 0x01234567
        mov     ebp, 0x89ABCDEF
        mov     ah, 0x10
        int     0x13
        IS      eax, 0x11220044, "EAX is kept"
        IS      ebx, 0x55667788, "EBX is kept"
        IS      ecx, 0x99AABBCC, "ECX is kept"
        IS      edx, 0xDDEE00E0, "EDX is kept"
        IS      edi, 0x01234567, "EDI is kept"
        IS      ebp, 0x89ABCDEF, "EBP is kept"
        jmp     tap_end

read:   mov     ah, 0x42
transfer:
        mov     si, packet
        mov     dl, 0xE0
        int     0x13
        ret

boot_drive:     db 0
first_cs:       dw 0
align 4
packet:         db 16, 0
                dw 1, buffer, 0
                dq 0, 0
        times   8 * 512 - 4 - ($ - $$) db 0
last_mark:      dd 0x12345678
buffer  equ     0x9000
