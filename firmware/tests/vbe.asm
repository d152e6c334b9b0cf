; INT 10h AH=4Fh and 1Ch: VBE as a boot loader uses it, and the display's state to memory and back.

test_vbe:
        push    ds
        pop     es
        mov     di, buffer
        mov     dword [di], 'VBE2'
        mov     dword [di+0x30], 0x12345678
        mov     ax, 0x4F00
        int     0x10
        IS      ax, 0x004F, "4F00h"
        IS      dword [buffer], 'VESA', "4F00h: signature"
        IS      word [buffer+4], 0x0300, "4F00h: version"
        movzx   eax, word [buffer+0x12]
        shl     eax, 5
        mov     [.lines], ax
        cmp     word [buffer+0x12], 128
        CHECK   ae, "4F00h: 8 MiB at least"
        IS      dword [buffer+0x30], 0, "4F00h: the rest is zero"
        les     di, [buffer+0x0E]
        mov     cx, 100
        mov     ax, 0xFFFF
        repne   scasw
        CHECK   e, "4F00h: the list of modes ends"
        les     di, [buffer+0x0E]
        IS      word [es:di], 0x0100, "4F00h: the first mode"
        push    ds
        pop     es
        mov     byte [buffer+256], 0x55
        mov     dword [buffer], 'what'
        mov     di, buffer
        mov     ax, 0x4F00
        int     0x10
        IS      byte [buffer+256], 0x55, "4F00h without VBE2 writes 256 bytes"

        mov     si, .modes
.mode:
        mov     cx, [si]
        mov     di, buffer
        mov     ax, 0x4F01
        int     0x10
        IS      ax, 0x004F, "4F01h"
        mov     eax, [si+2]
        IS      eax, [buffer+0x12], "4F01h: width and height"
        mov     al, [si+6]
        IS      al, [buffer+0x19], "4F01h: bits of a dot"
        mov     al, [si+7]
        IS      al, [buffer+0x1B], "4F01h: memory model"
        mov     ax, [si+8]
        IS      ax, [buffer+0x10], "4F01h: bytes of a line"
        add     si, 10
        cmp     word [si], 0
        jne     .mode
        IS      byte [buffer+0x20], 16, "4F01h: red is in bits 16 up"
        test    byte [buffer], 0x80
        CHECK   nz, "4F01h: linear frame buffer"
        IS      word [buffer+0x2A], 0xE000, "4F01h: its address"
        mov     eax, [buffer+0x0C]
        mov     [.window], eax
        mov     cx, 0x01FE
        mov     ax, 0x4F01
        int     0x10
        IS      ax, 0x014F, "4F01h: no such mode"

        mov     ax, 0x4F02
        mov     bx, 0x01FE
        int     0x10
        IS      ax, 0x014F, "4F02h: no such mode"
        mov     ax, 0x4F03
        int     0x10
        IS      bx, 0x0003, "4F03h: still in mode 3"
        mov     ax, 0x4F02
        mov     bx, 0x4111
        int     0x10
        IS      ax, 0x004F, "4F02h: 640 by 480, 16 bits"
        mov     ax, 0x4F03
        int     0x10
        IS      bx, 0x4111, "4F03h"

        push    word 0xA000
        pop     es
        mov     word [es:0], 0x1111
        mov     ax, 0x4F05
        xor     bx, bx
        mov     dx, 9
        int     0x10
        IS      ax, 0x004F, "4F05h"
        IS      word [es:0], 0, "4F05h: another bank"
        mov     word [es:0], 0x2222
        mov     ax, 0x4F05
        mov     bx, 0x0100
        xor     dx, dx
        int     0x10
        IS      dx, 9, "4F05h: tells where"
        xor     dx, dx
        xor     bx, bx
        call    far [.window]
        IS      word [es:0], 0x1111, "the far routine: back in the first bank"
        mov     ax, 0x4F05
        mov     bx, 0x0001
        int     0x10
        IS      ax, 0x014F, "4F05h: no window B"
        push    ds
        pop     es

        mov     ax, 0x4F06
        mov     bx, 0x0001
        int     0x10
        IS      bx, 1280, "4F06h: bytes"
        IS      cx, 640, "4F06h: dots"
        mov     ax, 0x4F06
        mov     bx, 0x0002
        mov     cx, 2048
        int     0x10
        IS      bx, 2048, "4F06h: bytes set"
        IS      cx, 1024, "4F06h: dots that makes"
        IS      dx, [.lines], "4F06h: lines that makes"
        mov     ax, 0x4F07
        mov     bx, 0x0080
        mov     cx, 16
        mov     dx, 480
        int     0x10
        IS      ax, 0x004F, "4F07h"
        mov     ax, 0x4F07
        mov     bx, 0x0001
        xor     cx, cx
        xor     dx, dx
        int     0x10
        IS      cx, 16, "4F07h: dot"
        IS      dx, 480, "4F07h: line"
        mov     ax, 0x4F07
        mov     bx, 0x0002
        mov     ecx, 2048 * 3 + 8
        int     0x10
        mov     ax, 0x4F07
        mov     bx, 0x0001
        int     0x10
        IS      cx, 4, "4F07h: a byte's dot"
        IS      dx, 3, "4F07h: a byte's line"

        mov     ax, 0x4F08
        mov     bx, 0x0800
        int     0x10
        IS      bh, 8, "4F08h: eight bits"
        mov     dword [buffer], 0x00FE8001
        mov     ax, 0x4F09
        mov     bx, 0x0000
        mov     cx, 1
        mov     dx, 200
        mov     di, buffer
        int     0x10
        IS      ax, 0x004F, "4F09h"
        mov     dword [buffer], 0x11111111
        mov     ax, 0x4F09
        mov     bx, 0x0001
        int     0x10
        IS      dword [buffer], 0x00FE8001, "4F09h: reads back"
        mov     ax, 0x4F08
        mov     bx, 0x0001
        int     0x10
        IS      bh, 8, "4F08h: tells"
        mov     ax, 0x4F0A
        xor     bx, bx
        int     0x10
        IS      ax, 0x004F, "4F0Ah"
        mov     ax, [es:di]
        cmp     ax, cx
        CHECK   b, "4F0Ah: the window routine lies in the block"
        push    ds
        pop     es
        mov     ax, 0x4F15
        mov     bx, 1
        int     0x10
        IS      ax, 0x4F15, "4F15h is not there"

        ; state: save in this mode, restore from mode 3
        mov     ax, 0x4F04
        mov     dx, 0x0000
        mov     cx, 0x000F
        int     0x10
        IS      bx, 17, "4F04h: size"
        mov     ax, 0x4F04
        mov     dx, 0x0001
        mov     bx, buffer
        int     0x10
        mov     ax, 0x0003
        int     0x10
        mov     ax, 0x4F03
        int     0x10
        IS      bx, 0x0003, "mode 3 ends VBE"
        mov     ax, 0x4F04
        mov     dx, 0x0002
        mov     cx, 0x000F
        mov     bx, buffer
        int     0x10
        mov     ax, 0x4F03
        int     0x10
        IS      bx, 0x4111, "4F04h: the mode is back"
        mov     ax, 0x4F06
        mov     bx, 0x0001
        int     0x10
        IS      bx, 2048, "4F04h: with its lines"
        mov     ax, 0x0003
        int     0x10

        mov     ax, 0x1C00
        mov     cx, 0x0007
        int     0x10
        IS      al, 0x1C, "1Ch"
        IS      bx, 16, "1Ch: size"
        mov     ax, 0x1003              ; bright backgrounds, a palette register, a cursor
        mov     bl, 0
        int     0x10
        mov     ah, 0x01
        mov     cx, 0x0307
        int     0x10
        mov     ax, 0x1C01
        mov     cx, 0x0007
        mov     bx, buffer
        int     0x10
        mov     ax, 0x0013
        int     0x10
        mov     ax, 0x1C02
        mov     cx, 0x0007
        mov     bx, buffer
        int     0x10
        mov     ah, 0x0F
        int     0x10
        IS      al, 0x03, "1Ch: mode 3 is back"
        IS      ah, 80, "1Ch: with 80 columns"
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        IS      cx, 0x0307, "1Ch: and its cursor"
        mov     dx, 0x3C4
        mov     al, 4
        out     dx, al
        inc     dx
        in      al, dx
        IS      al, 0x02, "1Ch: sequencer"
        mov     ax, 0x0003
        int     0x10
        ret
.lines: dw      0                       ; of 2048 bytes that the memory holds
.window:
        dd      0                       ; the far routine of 4F05h
; mode, width, height, bits, memory model, bytes of a line
.modes: dw      0x0101, 640, 480
        db      8, 4
        dw      640
        dw      0x0102, 800, 600
        db      4, 3
        dw      100
        dw      0x0110, 640, 480
        db      15, 6
        dw      1280
        dw      0x018A, 1920, 1080
        db      32, 6
        dw      7680
        dw      0
