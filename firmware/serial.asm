; INT 14h: serial ports (8250/16450 registers).

uart_data       equ 0
uart_ier        equ 1
uart_lcr        equ 3
uart_mcr        equ 4
uart_lsr        equ 5
uart_msr        equ 6

; POST: a port is there when its interrupt enable register holds what is written and reads 0 in its upper half.
serial_detect:
        mov     si, .ports
        mov     di, b_com
        xor     bl, bl
.port:
        cs lodsw
        test    ax, ax
        jz      .done
        mov     dx, ax
        mov     cx, ax
        add     dx, uart_ier
        mov     al, 0x0A
        out     dx, al
        in      al, dx
        cmp     al, 0x0A
        jne     .port
        xor     al, al
        out     dx, al
        in      al, dx
        test    al, al
        jnz     .port
        mov     [di], cx
        add     di, 2
        inc     bl
        jmp     .port
.done:
        shl     bl, 1                   ; equipment bits 11-9
        or      [b_equipment+1], bl
        ret
.ports:
        dw      0x3F8, 0x2F8, 0x3E8, 0x2E8, 0

int_14:
        SERVICE_ENTER
        cmp     dx, 4
        jae     .done
        mov     di, dx
        add     dx, dx
        mov     si, dx
        mov     dx, [si+b_com]
        test    dx, dx
        jz      .done
        DISPATCH serial_functions, 4, .done
.done:
        SERVICE_LEAVE

serial_functions:
        dw      serial_initialise, serial_send, serial_receive, serial_status

serial_initialise:                      ; AL: bits 7-5 rate, 4-3 parity, 2 stop bits, 1-0 length
        mov     bl, al
        add     dx, uart_lcr
        mov     al, 0x80                ; DLAB
        out     dx, al
        sub     dx, uart_lcr
        movzx   si, bl
        shr     si, 5
        add     si, si
        mov     ax, [cs:si+baud_rates]
        out     dx, al
        inc     dx
        mov     al, ah
        out     dx, al
        add     dx, uart_lcr - 1
        mov     al, bl
        and     al, 0x1F
        out     dx, al
        sub     dx, uart_lcr - uart_ier
        xor     al, al
        out     dx, al
        dec     dx

serial_status:                          ; AH = line status, AL = modem status
        add     dx, uart_lsr
        in      al, dx
        mov     [bp+f_ah], al
        inc     dx
        in      al, dx
        mov     [bp+f_al], al
        ret

; Waits until register LSR has a bit of BL, for about the port's time-out in seconds. AL = LSR, CF = it does not.
serial_wait:
        push    ecx
        push    dx
        add     dx, uart_lsr
        movzx   ecx, byte [di+b_com_timeout]
        shl     ecx, 18
.poll:
        in      al, dx
        test    al, bl                  ; CF = 0
        jnz     .done
        dec     ecx
        jg      .poll
        stc
.done:
        pop     dx
        pop     ecx
        ret

serial_send:                            ; AL; AH = line status, bit 7: time-out
        mov     bh, al
        add     dx, uart_mcr            ; DTR, RTS
        in      al, dx
        or      al, 0x03
        out     dx, al
        sub     dx, uart_mcr
        mov     bl, 0x20                ; THRE
        call    serial_wait
        jc      serial_timeout
        xchg    al, bh
        out     dx, al
        mov     [bp+f_ah], bh
        ret

serial_receive:                         ; AL; AH = line status, error bits only
        add     dx, uart_mcr            ; DTR
        in      al, dx
        or      al, 0x01
        out     dx, al
        sub     dx, uart_mcr
        mov     bl, 0x01                ; DR
        call    serial_wait
        jc      serial_timeout
        and     al, 0x1E
        mov     [bp+f_ah], al
        in      al, dx
        mov     [bp+f_al], al
        ret

serial_timeout:
        or      al, 0x80
        mov     [bp+f_ah], al
        ret
