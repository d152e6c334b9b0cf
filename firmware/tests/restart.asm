; Ways back: shutdown codes 0Ah and 5, INT 19h, Ctrl-Alt-Del, INT 18h. Memory above the BDA outlives them all; what has to be
; remembered is kept at 0:600.

kept_mark       equ 0x600               ; "kept"
kept_phase      equ 0x604
kept_count      equ 0x606
kept_failed     equ 0x608
KEPT            equ 'kept'

; AL = shutdown code, DX = where to go on. Starts at the reset vector.
reset_to:
        cli
        mov     [0x467], dx
        mov     word [0x469], 0
        mov     ah, al
        mov     al, 0x0F
        out     0x70, al
        mov     al, ah
        out     0x71, al
        jmp     0xF000:0xFFF0           ; QEMU's reset line would clear CMOS byte 0Fh

keep:
        mov     dword [kept_mark], KEPT
        mov     [kept_phase], ax
        mov     ax, [tap_count]
        mov     [kept_count], ax
        mov     ax, [tap_failed]
        mov     [kept_failed], ax
        ret

test_restart:
        mov     dword [kept_mark], 0
        mov     al, 0x0A
        mov     dx, .by_0A
        jmp     reset_to
.by_0A:
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0x7C00
        mov     ds, ax
        mov     es, ax
        cmp     ax, ax
        CHECK   e, "shutdown code 0Ah goes on at 40:67"
        mov     al, 0x0F
        out     0x70, al
        in      al, 0x71
        IS      al, 0, "shutdown code is used once"
        mov     al, 0x05
        mov     dx, .by_5
        jmp     reset_to
.by_5:
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0x7C00
        mov     ds, ax
        mov     es, ax
        cmp     ax, ax
        CHECK   e, "shutdown code 5 goes on at 40:67"
        mov     ax, 1
        call    keep
        int     0x19

; At the start of the stage: which restart was this?
restarted:
        cmp     dword [kept_mark], KEPT
        jne     .first
        mov     dword [kept_mark], 0
        mov     ax, [kept_count]
        mov     [tap_count], ax
        mov     ax, [kept_failed]
        mov     [tap_failed], ax
        mov     ax, [kept_phase]
        cmp     ax, 1
        je      .by_19
        cmp     ax, 2
        je      .by_keys
.first:
        ret
.by_19:
        IS      byte [boot_drive], 0x80, "INT 19h boots again"
        mov     ax, 2
        call    keep
        sti
        SCAN    0x1D, 0x38, 0x53
.wait:
        hlt
        jmp     .wait
.by_keys:
        IS      byte [boot_drive], 0x80, "Ctrl-Alt-Del boots again"
        IS      word [0x472], 0x1234, "Ctrl-Alt-Del leaves the warm start mark"
        IS      byte [0x417], 0, "no key is held after it"
        jmp     tap_end
