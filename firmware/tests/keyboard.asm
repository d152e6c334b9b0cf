; INT 16h by way of the buffer, INT 09h by scan codes that the 8042 is told to deliver (command D2h).

; A scan code as if from the keyboard, then time for IRQ 1.
scan:
        push    ax
        push    cx
        mov     ah, al
.busy:
        in      al, 0x64
        test    al, 0x03
        jnz     .busy
        mov     al, 0xD2
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
        pop     cx
        pop     ax
        ret

%macro SCAN 1-*
%rep %0
        mov     al, %1
        call    scan
%rotate 1
%endrep
%endmacro

; Types the scan codes, expects a stroke: KEY value, "text", codes...
%macro KEY 2-*
        %xdefine KEY_VALUE %1
        %xdefine KEY_TEXT %2
%rotate 2
%rep %0 - 2
        mov     al, %1
        call    scan
%rotate 1
%endrep
        call    key_now
        IS      ax, KEY_VALUE, KEY_TEXT
%endmacro

; AX = the next stroke by AH=10h, FFFFh when there is none.
key_now:
        mov     ah, 0x11
        int     0x16
        mov     ax, 0xFFFF
        jz      .none
        mov     ah, 0x10
        int     0x16
.none:
        ret

test_keyboard:
        sti
.drain:
        mov     ah, 0x11
        int     0x16
        jz      .empty
        mov     ah, 0x10
        int     0x16
        jmp     .drain
.empty:
        mov     ah, 0x01
        int     0x16
        CHECK   z, "01h: nothing typed"
        mov     ah, 0x05
        mov     cx, 0x1E61
        int     0x16
        IS      al, 0, "05h: stored"
        mov     ah, 0x01
        int     0x16
        CHECK   nz, "01h: something is there"
        IS      ax, 0x1E61, "01h: shows it"
        mov     ah, 0x00
        int     0x16
        IS      ax, 0x1E61, "00h: takes it"
        mov     dx, 15
.store:
        mov     ah, 0x05
        mov     cx, dx
        int     0x16
        dec     dx
        jnz     .store
        IS      al, 0, "05h: 15 fit"
        mov     ah, 0x05
        int     0x16
        IS      al, 1, "05h: 16 do not"
        mov     ah, 0x10
        int     0x16
        IS      ax, 15, "10h: first in, first out"
        mov     cx, 14
.take:
        push    cx
        mov     ah, 0x10
        int     0x16
        pop     cx
        loop    .take
        IS      ax, 1, "10h: last one"
        mov     ah, 0x05
        mov     cx, 0x8500              ; F11: AH=01h drops it
        int     0x16
        mov     ah, 0x05
        mov     cx, 0x48E0
        int     0x16
        mov     ah, 0x01
        int     0x16
        IS      ax, 0x4800, "01h: F11 is dropped, grey keys look like the keypad's"
        mov     ah, 0x11
        int     0x16
        IS      ax, 0x48E0, "11h: the same as it is"
        mov     ah, 0x00
        int     0x16
        mov     ah, 0x05
        mov     cx, 0xE00D
        int     0x16
        mov     ah, 0x00
        int     0x16
        IS      ax, 0x1C0D, "00h: keypad Enter"
        mov     ah, 0x09
        int     0x16
        test    al, 0x20
        CHECK   nz, "09h: AH=10h-12h are there"

        KEY     0x1E61, "a", 0x1E, 0x9E
        KEY     0x1E41, "Shift a", 0x2A, 0x1E, 0x9E, 0xAA
        KEY     0x1E01, "Ctrl a", 0x1D, 0x1E, 0x9E, 0x9D
        KEY     0x1E00, "Alt a", 0x38, 0x1E, 0x9E, 0xB8
        KEY     0x0231, "1", 0x02, 0x82
        KEY     0x0221, "right Shift 1", 0x36, 0x02, 0x82, 0xB6
        KEY     0x7800, "Alt 1", 0x38, 0x02, 0x82, 0xB8
        KEY     0x011B, "Esc", 0x01, 0x81
        KEY     0x1C0D, "Enter", 0x1C, 0x9C
        KEY     0x1C0A, "Ctrl Enter", 0x1D, 0x1C, 0x9C, 0x9D
        KEY     0x0F00, "Shift Tab", 0x2A, 0x0F, 0x8F, 0xAA
        KEY     0x3B00, "F1", 0x3B, 0xBB
        KEY     0x5400, "Shift F1", 0x2A, 0x3B, 0xBB, 0xAA
        KEY     0x8500, "F11", 0x57, 0xD7
        KEY     0x47E0, "Home", 0xE0, 0x47, 0xE0, 0xC7
        KEY     0x4700, "keypad 7 as Home", 0x47, 0xC7
        KEY     0x4737, "Shift keypad 7", 0x2A, 0x47, 0xC7, 0xAA
        KEY     0x77E0, "Ctrl Home", 0x1D, 0xE0, 0x47, 0xE0, 0xC7, 0x9D
        KEY     0xE00D, "keypad Enter", 0xE0, 0x1C, 0xE0, 0x9C
        KEY     0xE02F, "keypad /", 0xE0, 0x35, 0xE0, 0xB5
        KEY     0x1E01, "right Ctrl a", 0xE0, 0x1D, 0x1E, 0x9E, 0xE0, 0x9D
        KEY     0xFFFF, "letting go is no stroke", 0x9E
        SCAN    0x3A, 0xBA              ; CapsLock
        mov     ah, 0x02
        int     0x16
        IS      al, 0x40, "02h: CapsLock is on"
        KEY     0x1E41, "CapsLock a", 0x1E, 0x9E
        KEY     0x1E61, "CapsLock Shift a", 0x2A, 0x1E, 0x9E, 0xAA
        KEY     0x0231, "CapsLock 1", 0x02, 0x82
        SCAN    0x3A, 0xBA
        SCAN    0x45, 0xC5              ; NumLock
        KEY     0x4737, "NumLock keypad 7", 0x47, 0xC7
        KEY     0x4700, "NumLock Shift keypad 7", 0x2A, 0x47, 0xC7, 0xAA
        KEY     0x532E, "NumLock keypad .", 0x53, 0xD3
        SCAN    0x45, 0xC5
        mov     ah, 0x02
        int     0x16
        IS      al, 0, "02h: locks are off again"
        KEY     0x0041, "Alt 6 5", 0x38, 0x4D, 0xCD, 0x4C, 0xCC, 0xB8
        SCAN    0x2A, 0x1D, 0xE0, 0x38
        mov     ah, 0x12
        int     0x16
        IS      ax, 0x090E, "12h: left Shift, left Ctrl, right Alt"
        SCAN    0xE0, 0xB8, 0x9D, 0xAA
        mov     ah, 0x12
        int     0x16
        IS      ax, 0, "12h: all let go"
        mov     word [0x1B*4], .on_break
        mov     word [0x1B*4+2], 0
        SCAN    0x1D, 0xE0, 0x46, 0xE0, 0xC6, 0x9D
        IS      byte [.broken], 1, "Ctrl-Break: INT 1Bh"
        KEY     0x0000, "Ctrl-Break: 0000 in the buffer"
        mov     eax, [0x15*4]
        mov     [.old_15], eax
        mov     word [0x15*4], .swap
        mov     word [0x15*4+2], 0
        KEY     0x3062, "4Fh: a program turns a into b", 0x1E, 0x9E
        mov     eax, [.old_15]
        mov     [0x15*4], eax
        mov     word [0x05*4], .on_print
        mov     word [0x05*4+2], 0
        SCAN    0xE0, 0x2A, 0xE0, 0x37, 0xE0, 0xB7, 0xE0, 0xAA
        IS      byte [.printed], 1, "Print Screen: INT 05h"
        ret
.on_break:
        mov     byte [cs:.broken], 1
        iret
.on_print:
        mov     byte [cs:.printed], 1
        iret
.swap:
        cmp     ah, 0x4F
        jne     .not_mine
        xor     al, 0x2E                ; 1E to 30 and 9E to B0
        push    bp
        mov     bp, sp
        or      byte [bp+6], 1
        pop     bp
        iret
.not_mine:
        jmp     far [cs:.old_15]
.broken:
        db      0
.printed:
        db      0
.old_15:
        dd      0
