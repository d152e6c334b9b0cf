; INT 17h: parallel printers. INT 05h: prints the text screen.

lpt_data        equ 0
lpt_status      equ 1
lpt_control     equ 2

; POST: a port is there when its data latch holds what is written.
printer_detect:
        mov     si, .ports
        mov     di, b_lpt
        xor     bl, bl
.port:
        cs lodsw
        test    ax, ax
        jz      .done
        mov     dx, ax
        mov     al, 0xAA
        out     dx, al
        in      al, dx
        cmp     al, 0xAA
        jne     .port
        mov     al, 0x55
        out     dx, al
        in      al, dx
        cmp     al, 0x55
        jne     .port
        mov     [di], dx
        add     di, 2
        inc     bl
        jmp     .port
.done:
        shl     bl, 6                   ; equipment bits 15-14
        or      [b_equipment+1], bl
        ret
.ports:
        dw      0x3BC, 0x378, 0x278, 0

int_17:
        SERVICE_ENTER
        cmp     dx, 3
        jae     .absent
        mov     di, dx
        add     dx, dx
        mov     si, dx
        mov     dx, [si+b_lpt]
        test    dx, dx
        jz      .absent
        DISPATCH printer_functions, 3, .done
.done:
        SERVICE_LEAVE
.absent:
        mov     byte [bp+f_ah], 0x01    ; time-out
        SERVICE_LEAVE

printer_functions:
        dw      printer_send, printer_initialise, printer_status

printer_send:                           ; AL
        out     dx, al
        movzx   ecx, byte [di+b_lpt_timeout]
        shl     ecx, 16
        inc     dx
.poll:
        in      al, dx
        test    al, 0x80                ; not busy
        jnz     .strobe
        dec     ecx
        jg      .poll
        dec     dx
        call    printer_status
        or      byte [bp+f_ah], 0x01
        ret
.strobe:
        inc     dx
        mov     al, 0x0D
        out     dx, al
        mov     al, 0x0C
        out     dx, al
        sub     dx, lpt_control
        jmp     printer_status

printer_initialise:
        add     dx, lpt_control
        mov     al, 0x08
        out     dx, al
        mov     cx, 64
.pulse:
        in      al, 0x61
        loop    .pulse
        mov     al, 0x0C
        out     dx, al
        sub     dx, lpt_control

printer_status:                         ; AH: busy, acknowledge, paper, selected, error
        inc     dx
        in      al, dx
        and     al, 0xF8
        xor     al, 0x48
        mov     [bp+f_ah], al
        ret

; 0050:0000 = 1 while it prints, FFh when the printer did not take it.
int_05:
        SERVICE_ENTER
        sti
        cmp     byte [b_print_status], 1
        je      .leave
        mov     byte [b_print_status], 1
        mov     ah, 0x03
        mov     bh, [b_page]
        int     0x10
        push    dx                      ; cursor
        call    print_new_line
        jnz     .failed
        xor     dx, dx
.cell:
        mov     bh, [b_page]
        mov     ah, 0x02
        int     0x10
        mov     ah, 0x08
        int     0x10
        call    print_character
        jnz     .failed
        inc     dx
        cmp     dl, [b_columns]
        jb      .cell
        call    print_new_line
        jnz     .failed
        mov     dl, 0
        inc     dh
        cmp     dh, [b_rows]
        jbe     .cell
        mov     al, 0
        jmp     .restore
.failed:
        mov     al, 0xFF
.restore:
        pop     dx
        mov     [b_print_status], al
        mov     bh, [b_page]
        mov     ah, 0x02
        int     0x10
.leave:
        SERVICE_LEAVE

print_new_line:
        mov     al, 13
        call    print_character
        jnz     print_character.done
        mov     al, 10

; AL to the first printer. ZF = it took it.
print_character:
        push    dx
        xor     dx, dx
        xor     ah, ah
        int     0x17
        test    ah, 0x29
        pop     dx
.done:
        ret
