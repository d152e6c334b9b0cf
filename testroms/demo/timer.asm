; The timer: counter 0 of the 8254 divides 1.193182 MHz down to 100 interrupts a second on IRQ 0.

PIT             equ 40h
TICKS_PER_SECOND equ 100
PIT_DIVISOR     equ (1193182 + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND

        bits 32
; Passed when ten interrupts arrive in a row.
timer_check:
        push    eax
        mov     al, 34h                 ; counter 0, low byte then high byte, mode 2 (rate generator), binary
        out     PIT + 3, al
        mov     al, PIT_DIVISOR & 0FFh
        out     PIT, al
        mov     al, PIT_DIVISOR >> 8
        out     PIT, al
        mov     eax, [ticks]
        add     eax, 10
.wait:
        sti
        hlt
        cmp     [ticks], eax
        jb      .wait                   ; CF = 0 on the way out
        cli
        pop     eax
        clc
        ret

timer_interrupt:
        inc     dword [ticks]
        mov     al, EOI
        out     PIC1, al
        ret

timer_draw:
        pushad
        mov     eax, [ticks]
        cmp     eax, [.drawn]
        je      .done
        mov     [.drawn], eax

        mov     edi, in_box(ROW_TIMER, RIGHT, 2) + 2 * 9
        mov     edx, eax
        mov     ah, VALUE
        call    put_decimal
        mov     esi, .rate
        mov     ah, LABEL
        call    put_string
        mov     edi, in_box(ROW_TIMER, RIGHT, 3) + 2 * 9
        mov     edx, [halts]
        mov     ah, VALUE
        call    put_decimal
        mov     esi, .asleep
        mov     ah, LABEL
        call    put_string

; Uptime: hours, minutes, seconds and hundredths out of ticks.
        mov     eax, [ticks]
        xor     edx, edx
        mov     ecx, TICKS_PER_SECOND
        div     ecx
        mov     ebx, edx                ; hundredths
        xor     edx, edx
        mov     ecx, 60
        div     ecx
        mov     esi, edx                ; seconds
        xor     edx, edx
        div     ecx                     ; EAX = hours, EDX = minutes
        mov     ebp, edx
        mov     edx, eax
        mov     edi, in_box(ROW_TIMER, RIGHT, 1) + 2 * 9
        mov     ax, (VALUE << 8) | ":"
        call    put_decimal2
        call    put_char
        mov     edx, ebp
        call    put_decimal2
        call    put_char
        mov     edx, esi
        call    put_decimal2
        mov     al, "."
        call    put_char
        mov     edx, ebx
        call    put_decimal2

; A needle that goes round once a second.
        mov     eax, ebx
        xor     edx, edx
        mov     ecx, 25
        div     ecx
        mov     al, [.needle + eax]
        mov     ah, TITLE
        mov     edi, in_box(ROW_TIMER, RIGHT, 1) + 2 * 22
        call    put_char
.done:
        popad
        ret
.rate:          db " at 100 Hz", 0
.asleep:        db " times in HLT", 0
.needle:        db "|/-\"

        align 4
.drawn:         dd -1
ticks:          dd 0
