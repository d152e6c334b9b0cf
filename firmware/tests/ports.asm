; INT 14h, 17h, and INT 15h AH=C2h where a mouse is.

test_ports:
        call    serial_idle
        mov     ah, 0x03
        mov     dx, 0
        int     0x14
        test    ah, 0x20
        CHECK   nz, "INT 14h 03h: can send"
        mov     ax, 0x00E3              ; 9600 8N1
        mov     dx, 0
        int     0x14
        mov     dx, 0x3FB
        in      al, dx
        IS      al, 0x03, "INT 14h 00h: eight bits"
        call    serial_fast
        mov     ax, 0x0123
        mov     dx, 0
        int     0x14
        test    ah, 0x80
        CHECK   z, "INT 14h 01h: sent"
        call    serial_idle
        mov     dx, 0x3FC               ; looped back to itself
        in      al, dx
        push    ax
        mov     al, 0x10
        out     dx, al
        mov     ax, 0x015A
        mov     dx, 0
        int     0x14
        mov     ah, 0x02
        mov     dx, 0
        int     0x14
        mov     bx, ax
        mov     byte [0x47C], 1         ; one second's worth of waiting
        mov     ah, 0x02
        mov     dx, 0
        int     0x14
        mov     si, ax
        pop     ax
        mov     dx, 0x3FC
        out     dx, al
        IS      bl, 'Z', "INT 14h 02h: receives"
        test    bh, 0x9E
        CHECK   z, "INT 14h 02h: without error"
        test    si, 0x8000
        CHECK   nz, "INT 14h 02h: time-out when nothing comes"
        mov     ah, 0x02                ; the cursor must survive INT 05h
        mov     bh, 0
        mov     dx, 0x0506
        int     0x10
        pushf
        call    0xF000:0xFF54
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        IS      dx, 0x0506, "INT 05h: cursor"
        mov     al, [0x500]
        inc     al
        cmp     al, 1
        CHECK   be, "INT 05h: printed, or no printer"
%ifndef QEMU                            ; 7.2 ends with an assertion when its FPU raises IRQ 13
        call    test_fpu_error
%endif
        mov     ah, 0x02
        mov     dx, 2
        int     0x17
        IS      ah, 0x01, "INT 17h: no third printer"
        int     0x11
        test    al, 0x04
        jz      .no_mouse
        push    cs
        pop     es
        mov     ax, 0xC207
        mov     bx, .on_mouse
        int     0x15
        CHECK   nc, "C207h: handler"
        mov     ax, 0xC205
        mov     bh, 3
        int     0x15
        CHECK   nc, "C205h: initialise"
        mov     ax, 0xC201
        int     0x15
        CHECK   nc, "C201h: reset"
        IS      bx, 0x00AA, "C201h: passed, id 0"
        mov     ax, 0xC202
        mov     bh, 5
        int     0x15
        CHECK   nc, "C202h: 100 a second"
        mov     ax, 0xC203
        mov     bh, 3
        int     0x15
        CHECK   nc, "C203h: resolution"
        mov     ax, 0xC206
        mov     bh, 0
        int     0x15
        CHECK   nc, "C206h: status"
        IS      cl, 3, "C206h: resolution"
        IS      dl, 100, "C206h: rate"
        mov     ax, 0xC200
        mov     bh, 1
        int     0x15
        CHECK   nc, "C200h: on"
        mov     al, 0x08                ; a packet as if from the mouse: command D3h
        call    .byte
        mov     al, 0x05
        call    .byte
        mov     al, 0xFB
        call    .byte
        hlt
        IS      word [.status], 0x0008, "mouse handler: status"
        IS      word [.x], 0x0005, "mouse handler: X"
        IS      word [.y], 0x00FB, "mouse handler: Y"
        mov     ax, 0xC200
        mov     bh, 0
        int     0x15
        CHECK   nc, "C200h: off"
        mov     ax, 0xC208
        int     0x15
        CHECK   c, "C208h is unknown"
.no_mouse:
        ret
.byte:
        mov     ah, al
.busy:
        in      al, 0x64
        test    al, 0x03
        jnz     .busy
        mov     al, 0xD3
        out     0x64, al
.busy_2:
        in      al, 0x64
        test    al, 0x02
        jnz     .busy_2
        mov     al, ah
        out     0x60, al
        mov     cx, 0x1000
.taken:
        in      al, 0x64
        test    al, 0x01
        loopnz  .taken
        ret
.on_mouse:
        push    bp
        mov     bp, sp
        mov     ax, [bp+12]
        mov     [cs:.status], ax
        mov     ax, [bp+10]
        mov     [cs:.x], ax
        mov     ax, [bp+8]
        mov     [cs:.y], ax
        pop     bp
        retf
.status:
        dw      0
.x:     dw      0
.y:     dw      0

; An unmasked error comes as IRQ 13 and is passed on as INT 02h, as the AT did it.
test_fpu_error:
        int     0x11
        test    al, 0x02
        jz      .none
        mov     word [0x02*4], .on_error
        mov     word [0x02*4+2], 0
        fninit
        fldcw   [.control]
        fld1
        fldz
        fdivp
        fwait
        nop
        hlt
        IS      byte [.came], 1, "FPU error: IRQ 13, INT 02h"
        fninit
.none:
        ret
.on_error:
        fnclex
        mov     byte [cs:.came], 1
        iret
.control:
        dw      0x037B                  ; division by zero is not masked
.came:  db      0

; Until the last bit has been sent.
serial_idle:
        mov     dx, 0x3FD
.wait:
        in      al, dx
        test    al, 0x40
        jz      .wait
        ret

; 115200 baud, so that the lines above do not take long.
serial_fast:
        call    serial_idle
        mov     dx, 0x3FB
        mov     al, 0x83
        out     dx, al
        mov     dl, 0xF8
        mov     ax, 1
        out     dx, ax
        mov     dl, 0xFB
        mov     al, 0x03
        out     dx, al
        ret
