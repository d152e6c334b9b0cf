; The kernel: 32-bit code until it is known whether the processor can do more; then it runs every check once in 64-bit mode and
; idles in HLT, as the first disk does.
;
; Registers: every routine keeps those that its head does not name, except that 64-bit routines may change RAX, RCX, RDX, RSI, RDI.

        bits 32
kernel:
        call    draw_page
        call    serial_init
        mov     esi, .started
        call    serial_line
        call    interrupts_init         ; 32-bit gates: good enough until there are others
        call    processor_check         ; CF = 1: no long mode
        jc      .old
        mov     esi, .processor
        call    report_passed
        mov     edi, MARK_PROCESSOR
        call    mark_passed
        jmp     enter_64_bit_mode

.old:
        mov     edi, MARK_PROCESSOR
        call    mark_failed
        mov     esi, .no_long_mode
        call    serial_line
        mov     esi, .words
        mov     edi, at(24, 38)
        mov     ah, BAR_ALARM
        call    put_string
.wait:
        call    keyboard_draw           ; Esc switches the machine off
        sti
        hlt
        cli
        jmp     .wait
.started:       db NAME, ": started", 0
.processor:     db "processor", 0
.no_long_mode:  db NAME, ": "
.words:         db "This processor has no long mode.", 0

        bits 64
kernel64:
        mov     ebx, checks
.next_check:
        mov     eax, [rbx]
        call    rax                     ; CF = 1: failed
        jc      .failed
        mov     esi, [rbx + 4]
        legacy  report_passed
        mov     edi, [rbx + 8]
        legacy  mark_passed
        jmp     .checked
.failed:
        inc     dword [failures]
        mov     esi, [rbx + 4]
        legacy  report_failed
        mov     edi, [rbx + 8]
        legacy  mark_failed
.checked:
        add     ebx, 12
        cmp     ebx, checks.end
        jb      .next_check

        legacy  draw_verdict

idle:
        cli
        legacy  timer_draw
        legacy  keyboard_draw           ; a key may switch the machine off
        inc     dword [halts]
        sti
        hlt
        jmp     idle

; routine, name on the serial line, where its box has its mark
checks:
        dd      mode_check, .mode, MARK_MODE
        dd      paging_check, .paging, MARK_PAGING
        dd      rings_check, .rings, MARK_RINGS
        dd      exceptions_check, .exceptions, MARK_EXCEPTIONS
        dd      registers_check, .registers, MARK_REGISTERS
        dd      .timer_check, .timer, MARK_TIMER
        dd      .keyboard_check, .keyboard, MARK_KEYBOARD
.end:
.timer_check:                           ; 32-bit routines; their interrupts come through the 64-bit gates
        legacy  timer_check
        ret
.keyboard_check:
        legacy  keyboard_check
        ret
.mode:          db "64-bit mode", 0
.paging:        db "paging", 0
.rings:         db "rings", 0
.exceptions:    db "exceptions", 0
.registers:     db "registers", 0
.timer:         db "timer", 0
.keyboard:      db "keyboard", 0
