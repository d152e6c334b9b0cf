; Switching off. No way works on every PC, so several are tried; a machine that knows none of them is left asleep.

        bits 32
power_off:
        mov     esi, .goodbye
        call    serial_line
        mov     edi, at(24, 0)
        mov     ecx, 80
        mov     ax, (BAR << 8) | " "
        rep     stosw
        mov     edi, at(24, 2)
        mov     esi, .screen
        call    put_string
        mov     dx, 604h                ; QEMU and swemu: the ACPI PM1a control register, SLP_EN
        mov     ax, 2000h
        out     dx, ax
        mov     dx, 8900h               ; Bochs: a word letter by letter
        mov     esi, .shutdown
        mov     ecx, 8
        rep     outsb
        cli
.stop:
        hlt                             ; with IF = 0 only a reset wakes the processor
        jmp     .stop
.goodbye:       db NAME, ": switching off", 0
.screen:        db "You may switch the machine off now.", 0
.shutdown:      db "Shutdown"
