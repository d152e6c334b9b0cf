; Keys that stand for an action, for INT 09h: Pause, Ctrl-Break, Print Screen, SysReq, Ctrl-Alt-Del.

; ---- what waits until the controller has its EOI: DX says which ----
KEY_PAUSE       equ 1
KEY_BREAK       equ 2
KEY_PRINT       equ 3
KEY_SYSREQ      equ 4

key_actions:
        test    dx, dx
        jz      .done
        cmp     dx, KEY_PAUSE
        je      .pause
        cmp     dx, KEY_BREAK
        je      .break
        cmp     dx, KEY_PRINT
        je      .print
        sti
        mov     ax, 0x8500
        int     0x15
.done:
        ret
.print:
        sti
        int     0x05
        ret
.break:
        mov     ax, [b_key_first]
        mov     [b_key_head], ax
        mov     [b_key_tail], ax
        mov     byte [b_break], 0x80
        sti
        int     0x1B
        cli
        xor     ax, ax
        jmp     key_put
.pause:
        or      byte [b_shift2], HELD_PAUSE
        sti
.paused:
        hlt
        test    byte [b_shift2], HELD_PAUSE
        jnz     .paused
        ret

; Ctrl-Alt-Del: a warm start. The controller's reset line resets the devices too; without one, POST does what it can.
key_reset:
        mov     word [b_warm], 0x1234
        mov     al, 0xFE
        call    i8042_command
        mov     cx, 0x1000
.wait:
        in      al, 0x64
        loop    .wait
        jmp     BIOS:entry_post
