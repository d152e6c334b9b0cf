; What became of the checks: a line for each on COM1, and the verdict there and in the last row.

        bits 32
report_passed:                          ; ESI = name
        push    esi
        mov     esi, .prefix
        call    serial_string
        pop     esi
        call    serial_string
        mov     esi, .ok
        jmp     serial_line
.prefix:        db NAME, ": ", 0
.ok:            db " ok", 0

report_failed:                          ; ESI = name
        push    esi
        mov     esi, report_passed.prefix
        call    serial_string
        pop     esi
        call    serial_string
        mov     esi, .failed
        jmp     serial_line
.failed:        db " FAILED", 0

draw_verdict:
        cmp     dword [failures], 0
        jne     .some_failed
        mov     esi, .passed
        call    serial_line
        mov     edi, at(24, 38)
        mov     ah, BAR
        mov     esi, .all
        jmp     put_string
.some_failed:
        mov     esi, .failed
        call    serial_line
        mov     edi, at(24, 38)
        mov     ah, BAR_ALARM
        mov     esi, .some
        jmp     put_string
.passed:        db NAME, ": all checks passed", 0
.failed:        db NAME, ": some checks FAILED", 0
.all:           db "All checks passed. The machine is yours.", 0
.some:          db "Some checks failed: see the red marks.  ", 0

failures:       dd 0
halts:          dd 0
