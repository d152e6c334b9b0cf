; The clock: an MC146818 at ports 70h (index) and 71h (data). It interrupts by IRQ 8 after each of its updates, once a second.

RTC_SECONDS     equ 00h
RTC_MINUTES     equ 02h
RTC_HOURS       equ 04h
RTC_DAY         equ 07h
RTC_MONTH       equ 08h
RTC_YEAR        equ 09h
RTC_A           equ 0Ah                 ; bit 7 UIP: update in progress
RTC_B           equ 0Bh                 ; bit 4 UIE: update-ended interrupt; bit 2 DM: binary; bit 1: 24 hours
RTC_C           equ 0Ch                 ; reading it acknowledges
RTC_CENTURY     equ 32h                 ; where the PC's BIOS keeps it

        bits 32
; Passed when date and time make sense and an update interrupt arrives within two seconds.
clock_check:
        pushad
        mov     al, RTC_B
        call    rtc_read
        or      al, 02h | 10h
        and     al, 9Fh                 ; 24 hours, update-ended interrupt; periodic and alarm interrupts off
        mov     ah, al
        mov     al, RTC_B
        call    rtc_write
        mov     al, RTC_C
        call    rtc_read
        call    clock_read
        mov     eax, [ticks]
        add     eax, 2 * TICKS_PER_SECOND + 20
.wait:
        sti
        hlt
        cli
        cmp     [ticks], eax
        ja      .failed
        cmp     dword [updates], 0
        je      .wait
        cmp     byte [clock_month], 1
        jb      .failed
        cmp     byte [clock_month], 12
        ja      .failed
        cmp     byte [clock_day], 1
        jb      .failed
        cmp     byte [clock_day], 31
        ja      .failed
        cmp     byte [clock_hours], 23
        ja      .failed
        cmp     byte [clock_minutes], 59
        ja      .failed
        cmp     byte [clock_seconds], 59
        ja      .failed
        popad
        clc
        ret
.failed:
        popad
        stc
        ret

clock_interrupt:
        mov     al, RTC_C               ; unread, it would hold IRQ 8 high for ever
        call    rtc_read
        test    al, 10h                 ; UF
        jz      .acknowledge
        inc     dword [updates]
        call    clock_read              ; right after an update the registers stand still for almost a second
.acknowledge:
        mov     al, EOI
        out     PIC2, al
        out     PIC1, al
        ret

clock_read:
        mov     al, RTC_A
        call    rtc_read
        test    al, 80h                 ; an update takes 2 ms at most
        jnz     clock_read
        mov     ecx, CLOCK_REGISTERS
        mov     edi, clock_seconds
        mov     esi, .registers
.next:
        lodsb
        call    rtc_read
        call    from_bcd
        stosb
        loop    .next
        ret
.registers:     db RTC_SECONDS, RTC_MINUTES, RTC_HOURS, RTC_DAY, RTC_MONTH, RTC_YEAR, RTC_CENTURY
CLOCK_REGISTERS equ $ - .registers

from_bcd:                               ; AL: 12h becomes 12
        push    ebx
        mov     bl, al
        shr     al, 4
        and     bl, 0Fh
        mov     ah, 10
        mul     ah
        add     al, bl
        pop     ebx
        ret

rtc_read:                               ; AL = register, becomes its content
        out     70h, al
        in      al, 71h
        ret

rtc_write:                              ; AL = register, AH = content
        out     70h, al
        mov     al, ah
        out     71h, al
        ret

clock_draw:
        pushad
        mov     eax, [updates]
        cmp     eax, [.drawn]
        je      .done
        mov     [.drawn], eax
        mov     edi, in_box(ROW_CLOCK, RIGHT, 1) + 2 * 9
        mov     ax, (VALUE << 8) | "-"
        mov     dl, [clock_century]
        call    put_decimal2
        mov     dl, [clock_year]
        call    put_decimal2
        call    put_char
        mov     dl, [clock_month]
        call    put_decimal2
        call    put_char
        mov     dl, [clock_day]
        call    put_decimal2
        mov     edi, in_box(ROW_CLOCK, RIGHT, 2) + 2 * 9
        mov     al, ":"
        mov     dl, [clock_hours]
        call    put_decimal2
        call    put_char
        mov     dl, [clock_minutes]
        call    put_decimal2
        call    put_char
        mov     dl, [clock_seconds]
        call    put_decimal2
        mov     edi, in_box(ROW_CLOCK, RIGHT, 3) + 2 * 9
        mov     edx, [updates]
        call    put_decimal
.done:
        popad
        ret

        align 4
.drawn:         dd -1
updates:        dd 0
clock_seconds:  db 0                    ; in the order of clock_read.registers
clock_minutes:  db 0
clock_hours:    db 0
clock_day:      db 0
clock_month:    db 0
clock_year:     db 0
clock_century:  db 0
