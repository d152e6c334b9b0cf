; INT 1Ah: the tick count and the real-time clock (MC146818A). AH=B1h is PCI BIOS.

int_1A:
        SERVICE_ENTER
        cmp     ah, 0xB1
        je      .pci
        DISPATCH clock_functions, 8, .unknown
        SERVICE_LEAVE
.unknown:
        CARRY_SET
        SERVICE_LEAVE
.pci:
        call    pci_bios
        SERVICE_LEAVE

clock_functions:
        dw      ticks_get, ticks_set, rtc_get_time, rtc_set_time, rtc_get_date, rtc_set_date, rtc_set_alarm, rtc_clear_alarm

ticks_get:
        mov     eax, [b_ticks]
        mov     [bp+f_dx], ax
        shr     eax, 16
        mov     [bp+f_cx], ax
        xor     ax, ax
        xchg    al, [b_midnight]
        mov     [bp+f_ax], ax
        CARRY_CLEAR
        ret

ticks_set:
        mov     [b_ticks], dx
        mov     [b_ticks+2], cx
        mov     byte [b_midnight], 0
        mov     byte [bp+f_ah], 0
        CARRY_CLEAR
        ret

; CF = the clock cannot be read: no update came to its end within some milliseconds.
rtc_ready:
        push    cx
        push    ax
        mov     cx, 0x4000
.poll:
        mov     al, 0x0A
        call    cmos_read
        test    al, 0x80                ; UIP
        jz      .yes
        loop    .poll
        stc
.yes:
        pop     ax
        pop     cx
        ret

rtc_get_time:
        call    rtc_ready
        jc      rtc_fails
        mov     al, 0x00
        call    cmos_read
        mov     [bp+f_dh], al
        mov     al, 0x02
        call    cmos_read
        mov     [bp+f_cl], al
        mov     al, 0x04
        call    cmos_read
        mov     [bp+f_ch], al
        mov     [bp+f_al], al
        mov     al, 0x0B
        call    cmos_read
        and     al, 0x01                ; daylight saving
        mov     [bp+f_dl], al
        mov     byte [bp+f_ah], 0
        CARRY_CLEAR
        ret

rtc_fails:
        CARRY_SET
        ret

; Register B keeps its interrupt enables; SET stops the clock while its bytes are written.
rtc_set_time:
        call    rtc_stop
        mov     ah, dh
        mov     al, 0x00
        call    cmos_write
        mov     ah, cl
        mov     al, 0x02
        call    cmos_write
        mov     ah, ch
        mov     al, 0x04
        call    cmos_write
        mov     al, 0x0B
        call    cmos_read
        and     al, 0x7E
        and     dl, 0x01
        or      al, dl
        jmp     rtc_write_b

rtc_stop:
        mov     al, 0x0B
        call    cmos_read
        or      al, 0x80
        mov     ah, al
        mov     al, 0x0B
        jmp     cmos_write

rtc_write_b:
        mov     ah, al
        mov     al, 0x0B
        call    cmos_write
        mov     byte [bp+f_ah], 0
        mov     [bp+f_al], ah
        CARRY_CLEAR
        ret

rtc_get_date:
        call    rtc_ready
        jc      rtc_fails
        mov     al, 0x07
        call    cmos_read
        mov     [bp+f_dl], al
        mov     al, 0x08
        call    cmos_read
        mov     [bp+f_dh], al
        mov     al, 0x09
        call    cmos_read
        mov     [bp+f_cl], al
        mov     al, 0x32
        call    cmos_read
        mov     [bp+f_ch], al
        mov     [bp+f_al], al
        mov     byte [bp+f_ah], 0
        CARRY_CLEAR
        ret

rtc_set_date:
        call    rtc_stop
        mov     ah, dl
        mov     al, 0x07
        call    cmos_write
        mov     ah, dh
        mov     al, 0x08
        call    cmos_write
        mov     ah, cl
        mov     al, 0x09
        call    cmos_write
        mov     ah, ch
        mov     al, 0x32
        call    cmos_write
        mov     al, 0x0B
        call    cmos_read
        and     al, 0x7F
        jmp     rtc_write_b

; The alarm calls INT 4Ah. Refused while one is set.
rtc_set_alarm:
        mov     al, 0x0B
        call    cmos_read
        test    al, 0x20
        jnz     rtc_fails
        mov     ah, dh
        mov     al, 0x01
        call    cmos_write
        mov     ah, cl
        mov     al, 0x03
        call    cmos_write
        mov     ah, ch
        mov     al, 0x05
        call    cmos_write
        in      al, 0xA1
        and     al, 0xFE
        out     0xA1, al
        mov     al, 0x0B
        call    cmos_read
        and     al, 0x7F
        or      al, 0x20
        jmp     rtc_write_b

rtc_clear_alarm:
        mov     al, 0x0B
        call    cmos_read
        and     al, 0x57
        jmp     rtc_write_b

; ---- POST: clears pending interrupts, makes the tick count agree with the time of day ----
rtc_init:
        mov     al, 0x0B
        call    cmos_read
        and     al, 0x07                ; data mode, 24 h, daylight saving: as they are; no interrupts, clock running
        mov     ah, al
        mov     al, 0x0B
        call    cmos_write
        mov     al, 0x0C
        call    cmos_read
        call    rtc_ready
        mov     al, 0x04
        call    rtc_binary
        imul    ebx, eax, 3600
        mov     al, 0x02
        call    rtc_binary
        imul    eax, eax, 60
        add     ebx, eax
        mov     al, 0x00
        call    rtc_binary
        add     eax, ebx
        mov     ebx, 86400
        xor     edx, edx
        div     ebx                     ; whatever the bytes hold, a time of day
        mov     eax, edx
        mov     edx, TICKS_A_DAY
        mul     edx
        div     ebx
        mov     [b_ticks], eax
        ret

; EAX = clock byte AL in binary: register B bit 2 says whether the clock counts in BCD.
rtc_binary:
        call    cmos_read
        movzx   ecx, al
        mov     al, 0x0B
        call    cmos_read
        test    al, 0x04
        movzx   eax, cl
        jnz     .done
        shr     cl, 4
        and     al, 0x0F
        xchg    al, cl
        mov     ch, 10
        mul     ch
        add     al, cl
        movzx   eax, al
.done:
        ret
