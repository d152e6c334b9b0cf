; INT 08h: the 18.2 Hz tick. INT 70h: the real-time clock's interrupt.

TICKS_A_DAY     equ 0x1800B0

int_08:
        push    ds
        push    eax
        push    dx
        push    byte BDA
        pop     ds
        mov     eax, [b_ticks]
        inc     eax
        cmp     eax, TICKS_A_DAY
        jb      .same_day
        xor     eax, eax
        mov     byte [b_midnight], 1
.same_day:
        mov     [b_ticks], eax
        cmp     byte [b_floppy_motor], 0
        je      .motor_off
        dec     byte [b_floppy_motor]
        jnz     .motor_off
        call    floppy_motors_off
.motor_off:
        int     0x1C
        mov     al, 0x20
        out     0x20, al
        pop     dx
        pop     eax
        pop     ds
        iret

; Register C tells why: bit 6 periodic (counts INT 15h AH=83h down), bit 5 alarm (INT 4Ah).
int_70:
        push    ds
        push    eax
        push    byte BDA
        pop     ds
        mov     al, 0x0C
        call    cmos_read
        mov     ah, al
        mov     al, 0x0B
        call    cmos_read
        and     ah, al                  ; only what was asked for
        test    ah, 0x40
        jz      .alarm
        call    event_tick
.alarm:
        test    ah, 0x20
        jz      .done
        int     0x4A
.done:
        mov     al, 0x20
        out     0xA0, al
        out     0x20, al
        pop     eax
        pop     ds
        iret
