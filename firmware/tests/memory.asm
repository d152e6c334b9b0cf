; INT 15h: memory maps, block move, A20, times. The machine has 32 MiB.

test_memory:
        mov     eax, cr0
        test    eax, 0x60000000
        CHECK   z, "CR0: caching is on (CD and NW clear)"
        push    ds
        pop     es
        xor     ebx, ebx
        mov     di, buffer
        xor     si, si
.entry:
        mov     eax, 0xE820
        mov     ecx, 20
        mov     edx, 0x534D4150
        int     0x15
        jc      .end
        cmp     eax, 0x534D4150
        jne     .end
        cmp     ecx, 20
        jne     .end
        inc     si
        add     di, 20
        test    ebx, ebx
        jnz     .entry
.end:
        IS      si, 5, "E820h: five entries"
        IS      dword [buffer+8], 0x9FC00, "E820h: conventional memory"
        IS      dword [buffer+16], 1, "E820h: is usable"
        IS      dword [buffer+20], 0x9FC00, "E820h: EBDA"
        IS      dword [buffer+36], 2, "E820h: is reserved"
        IS      dword [buffer+60], 0x100000, "E820h: extended memory"
        IS      dword [buffer+68], 31 << 20, "E820h: 31 MiB of it"
        mov     eax, 0xE820
        mov     edx, 0x12345678
        xor     ebx, ebx
        mov     ecx, 20
        int     0x15
        CHECK   c, "E820h: without SMAP"
        mov     ax, 0xE801
        int     0x15
        CHECK   nc, "E801h"
        IS      ax, 15 * 1024, "E801h: AX"
        IS      bx, 256, "E801h: BX"
        IS      cx, 15 * 1024, "E801h: CX"
        IS      dx, 256, "E801h: DX"
        mov     ah, 0x88
        int     0x15
        CHECK   nc, "88h"
        IS      ax, 31 * 1024, "88h: KiB"
        mov     ah, 0xC0
        int     0x15
        CHECK   nc, "C0h"
        IS      byte [es:bx+2], 0xFC, "C0h: model"
        mov     ah, 0xC1
        int     0x15
        mov     ax, es
        IS      ax, 0x9FC0, "C1h: EBDA"
        mov     ax, 0x5300
        int     0x15
        CHECK   c, "53h: no APM"
        IS      ah, 0x86, "53h: status 86h"
        mov     ax, 0x4F1E
        stc
        int     0x15
        CHECK   c, "4Fh: the key passes"
        IS      ax, 0x4F1E, "4Fh: unchanged"
        call    test_block_move
        call    test_a20
        mov     eax, [0x46C]
        mov     [.ticks], eax
        mov     ah, 0x86                ; 300 ms: 5.5 ticks
        mov     cx, 300000 >> 16
        mov     dx, 300000 & 0xFFFF
        int     0x15
        CHECK   nc, "86h: waits"
        mov     eax, [0x46C]
        sub     eax, [.ticks]
        cmp     eax, 4
        CHECK   ae, "86h: not too short"
        cmp     eax, 20
        CHECK   be, "86h: not too long"
        push    ds
        pop     es
        mov     byte [buffer], 0
        mov     ax, 0x8300
        mov     bx, buffer
        mov     cx, 0
        mov     dx, 20000
        int     0x15
        CHECK   nc, "83h: starts"
        mov     cx, 8
.tick:
        hlt
        cmp     byte [buffer], 0
        loope   .tick
        cmp     byte [buffer], 0x80
        mov     cx, 200
        je      .set
.more:
        hlt
        cmp     byte [buffer], 0x80
        loopne  .more
.set:
        IS      byte [buffer], 0x80, "83h: sets bit 7"
        ret
.ticks: dd      0

test_block_move:
        push    ds
        pop     es
        mov     di, buffer
        mov     cx, 512
        mov     ax, 0x1111
.fill:
        stosw
        add     ax, 0x0357
        loop    .fill
        mov     dword [.source+2], 0x93 << 24 | buffer
        mov     dword [.target+2], 0x93 << 24 | 0x00500000 & 0xFFFFFF
        push    ds
        pop     es
        mov     si, .table
        mov     ah, 0x87
        mov     cx, 511                 ; odd
        int     0x15
        CHECK   nc, "87h: up to 5 MiB"
        IS      ah, 0, "87h: status 0"
        mov     dword [.source+2], 0x93 << 24 | 0x00500000 & 0xFFFFFF
        mov     dword [.target+2], 0x93 << 24 | buffer_2
        mov     word [buffer_2+1022], 0x7777
        mov     si, .table
        mov     ah, 0x87
        mov     cx, 511
        int     0x15
        CHECK   nc, "87h: down again"
        mov     si, buffer
        mov     di, buffer_2
        mov     cx, 511
        repe    cmpsw
        CHECK   e, "87h: the same data"
        IS      word [buffer_2+1022], 0x7777, "87h: not a word more"
        mov     dword [.source+2], 0x93 << 24 | 0x00600000 & 0xFFFFFF   ; what went to 5 MiB is not at 6 or 4 MiB
        mov     si, .table
        mov     ah, 0x87
        mov     cx, 1
        int     0x15
        mov     ax, [buffer]
        cmp     ax, [buffer_2]
        CHECK   ne, "87h: 6 MiB is other memory"
        pushf
        pop     ax
        test    ax, 0x0200
        CHECK   nz, "87h: interrupts are still on"
        ret
.table: times   16 db 0
.source:
        dw      0xFFFF
        dd      0
        dw      0
.target:
        dw      0xFFFF
        dd      0
        dw      0
        times   16 db 0

test_a20:
        mov     ax, 0x2403
        int     0x15
        CHECK   nc, "2403h"
        mov     ax, 0x2402
        int     0x15
        IS      al, 1, "2402h: open after POST"
        mov     ax, 0x2400
        int     0x15
        CHECK   nc, "2400h: closes"
        mov     ax, 0x2402
        int     0x15
        IS      al, 0, "2402h: closed"
        mov     byte [0x510], 0x12
        push    word 0xFFFF
        pop     es
        IS      byte [es:0x520], 0x12, "2400h: memory wraps"
        mov     ax, 0x2401
        int     0x15
        CHECK   nc, "2401h: opens"
        mov     byte [es:0x520], 0x34
        IS      byte [0x510], 0x12, "2401h: memory does not wrap"
        ret
