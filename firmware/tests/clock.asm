; INT 1Ah, and the tick.

test_clock:
        mov     ah, 0x00
        int     0x1A
        push    cx
        push    dx
        mov     cx, 3
.tick:
        hlt
        loop    .tick
        mov     ah, 0x00
        int     0x1A
        pop     bx
        pop     ax
        sub     dx, bx
        sbb     cx, ax
        cmp     dx, 1
        CHECK   ae, "00h: ticks go on"
        cmp     dx, 10
        CHECK   b, "00h: not too fast"
        mov     word [0x1C*4], .on_tick
        mov     word [0x1C*4+2], 0
        hlt
        hlt
        hlt
        cmp     byte [.ticked], 0
        CHECK   ne, "INT 1Ch is called"
        mov     ah, 0x01                ; the last tick of a day
        mov     cx, 0x0018
        mov     dx, 0x00AF
        int     0x1A
        mov     cx, 40
.midnight:
        hlt
        cmp     byte [0x470], 0
        loope   .midnight
        mov     ah, 0x00
        int     0x1A
        IS      al, 1, "midnight is noticed"
        IS      cx, 0, "midnight: count starts again"
        mov     ah, 0x00
        int     0x1A
        IS      al, 0, "midnight: told once"
        mov     ah, 0x02
        int     0x1A
        CHECK   nc, "02h: time"
        cmp     ch, 0x24
        CHECK   b, "02h: hours"
        cmp     cl, 0x60
        CHECK   b, "02h: minutes"
        mov     ah, 0x04
        int     0x1A
        CHECK   nc, "04h: date"
        cmp     ch, 0x19
        CHECK   ae, "04h: century"
        mov     ah, 0x05
        mov     cx, 0x1999
        mov     dx, 0x1231
        int     0x1A
        mov     ah, 0x04
        int     0x1A
        IS      cx, 0x1999, "05h: year"
        IS      dx, 0x1231, "05h: month and day"
        mov     ah, 0x03
        mov     cx, 0x1122
        mov     dx, 0x3300
        int     0x1A
        mov     ah, 0x02
        int     0x1A
        IS      cx, 0x1122, "03h: hours and minutes"
        mov     word [0x4A*4], .on_alarm
        mov     word [0x4A*4+2], 0
        mov     ah, 0x03
        mov     cx, 0x1122
        mov     dx, 0x3000
        int     0x1A
        mov     ah, 0x06
        mov     cx, 0x1122
        mov     dh, 0x32
        int     0x1A
        CHECK   nc, "06h: alarm in two seconds"
        mov     ah, 0x06
        int     0x1A
        CHECK   c, "06h: one at a time"
        mov     cx, 80
.until_alarm:
        hlt
        cmp     byte [.alarmed], 0
        loope   .until_alarm
        IS      byte [.alarmed], 1, "06h: INT 4Ah is called"
        mov     ah, 0x07
        int     0x1A
        CHECK   nc, "07h: alarm off"
        mov     eax, 0x80000000         ; an Intel 440FX?
        mov     dx, 0xCF8
        out     dx, eax
        mov     dx, 0xCFC
        in      eax, dx
        cmp     eax, 0x12378086
        sete    byte [.bridge]
        mov     ax, 0xB101
        int     0x1A
        setnc   al
        cmp     al, [.bridge]
        CHECK   e, "B101h: PCI BIOS where there is PCI"
        ret
.bridge:
        db      0
.on_tick:
        mov     byte [cs:.ticked], 1
        iret
.on_alarm:
        mov     byte [cs:.alarmed], 1
        iret
.alarmed:
        db      0
.ticked:
        db      0
