; Time in microseconds: INT 15h AH=83h (event) by the RTC's periodic interrupt, AH=86h (wait) by the timer's counter 0.

PIT_HZ          equ 1193182

; Waits EAX microseconds, by reading how far counter 0 has come. Counter 0 must be in mode 2 with 65536 clocks, as POST
; left it; where it stands still, the wait ends after a bounded number of reads. All registers are preserved.
wait_microseconds:
        pushad
        mov     edx, PIT_HZ
        mul     edx
        mov     ebx, 1000000
        cmp     edx, ebx
        jae     .longest
        div     ebx
        jmp     .go
.longest:
        mov     eax, 0xFFFFFFFF
.go:
        inc     eax
        mov     esi, eax                ; clocks left
        call    pit_count
        mov     bx, ax
        xor     edi, edi
.poll:
        call    pit_count
        sub     bx, ax                  ; clocks since the last look: it counts down
        movzx   ecx, bx
        mov     bx, ax
        jcxz    .still
        xor     edi, edi
        sub     esi, ecx
        ja      .poll
        jmp     .done
.still:
        inc     edi
        cmp     edi, 100000
        jb      .poll
.done:
        popad
        ret

; AX = counter 0, latched.
pit_count:
        pushf
        cli
        xor     al, al
        out     0x43, al
        in      al, 0x40
        mov     ah, al
        in      al, 0x40
        xchg    al, ah
        popf
        ret

; ---- AH=86h: wait CX:DX microseconds ----
system_wait:
        CALLERS_IF
        mov     ax, cx
        shl     eax, 16
        mov     ax, dx
        call    wait_microseconds
        CARRY_CLEAR
        ret

; ---- AH=83h: AL=0 sets bit 7 of the byte at ES:BX after CX:DX microseconds; AL=1 cancels ----
EVENT_PERIOD    equ 976                 ; the RTC's default rate, 1024 Hz

system_event:
        cmp     al, 1
        je      .cancel
        ja      system_unknown
        test    byte [b_wait_active], 0x01
        jnz     .busy
        pushf
        cli
        mov     byte [b_wait_active], 0x01
        mov     [b_wait_flag], bx
        mov     [b_wait_flag+2], es
        mov     [b_wait_count], dx
        mov     [b_wait_count+2], cx
        in      al, 0xA1
        and     al, 0xFE
        out     0xA1, al
        mov     ax, 0x260A              ; 32768 Hz divider, rate 6
        call    cmos_write
        mov     al, 0x0B
        call    cmos_read
        or      al, 0x40
        mov     ah, al
        mov     al, 0x0B
        call    cmos_write
        popf
        CARRY_CLEAR
        ret
.busy:
        mov     byte [bp+f_ah], 0
        CARRY_SET
        ret
.cancel:
        call    event_stop
        CARRY_CLEAR
        ret

event_stop:
        pushf
        cli
        mov     al, 0x0B
        call    cmos_read
        and     al, 0xBF
        mov     ah, al
        mov     al, 0x0B
        call    cmos_write
        and     byte [b_wait_active], ~0x01
        popf
        ret

; From INT 70h, each period. DS = BDA; preserves all but AL.
event_tick:
        test    byte [b_wait_active], 0x01
        jz      .done
        sub     dword [b_wait_count], EVENT_PERIOD
        ja      .done
        push    ax
        call    event_stop
        pop     ax
        push    es
        push    bx
        les     bx, [b_wait_flag]
        or      byte [es:bx], 0x80
        pop     bx
        pop     es
.done:
        ret
