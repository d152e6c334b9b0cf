; The kernel: runs every check once, then idles in HLT and redraws what interrupts have changed.
;
; Interrupt handlers only note what happened. Drawing is done here, outside of them, so that nothing is ever drawn twice
; or half. Registers: every routine keeps those that its head does not name.

        bits 32
kernel:
        call    draw_page
        call    serial_init
        mov     esi, kernel_started
        call    serial_line
        call    interrupts_init

        mov     ebx, checks
.next_check:
        call    [ebx]                   ; CF = 1: failed
        jc      .failed
        mov     esi, [ebx + 4]
        call    report_passed
        mov     edi, [ebx + 8]
        call    mark_passed
        jmp     .checked
.failed:
        inc     dword [failures]
        mov     esi, [ebx + 4]
        call    report_failed
        mov     edi, [ebx + 8]
        call    mark_failed
.checked:
        add     ebx, 12
        cmp     ebx, checks.end
        jb      .next_check

        call    draw_verdict

; HLT stops the processor until an interrupt arrives. STI takes effect after the next instruction, so no interrupt can
; slip in between the two and be slept through.
idle:
        cli
        call    timer_draw
        call    clock_draw
        call    keyboard_draw           ; a key may switch the machine off
        inc     dword [halts]
        sti
        hlt
        jmp     idle

kernel_started:
        db      NAME, ": started", 0

; routine, name on the serial line, where its box has its mark
checks:
        dd      processor_check, .processor, MARK_PROCESSOR
        dd      memory_check, .memory, MARK_MEMORY
        dd      timer_check, .timer, MARK_TIMER
        dd      paging_check, .paging, MARK_PAGING
        dd      clock_check, .clock, MARK_CLOCK
        dd      disk_check, .disk, MARK_DISK
        dd      keyboard_check, .keyboard, MARK_KEYBOARD
.end:
.processor:     db "processor", 0
.memory:        db "memory map", 0
.timer:         db "timer", 0
.paging:        db "paging", 0
.clock:         db "clock", 0
.disk:          db "disk", 0
.keyboard:      db "keyboard", 0
