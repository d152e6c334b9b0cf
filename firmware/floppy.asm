; INT 40h: diskette drives. The machine has none; every call is answered as a BIOS answers for an absent drive.

int_40:
        SERVICE_ENTER
        cmp     ah, 0x08
        je      .parameters
        cmp     ah, 0x15
        je      .type
        cmp     ah, 0x01
        je      .last
        cmp     ah, 0x00                ; reset: nothing to reset
        mov     al, DISK_OK
        je      .status
        cmp     ah, 0x19
        mov     al, DISK_BAD_CALL
        jae     .status
        mov     al, DISK_TIMEOUT
        cmp     ah, 0x06
        jb      .status
        cmp     ah, 0x16
        jae     .status
        mov     al, DISK_BAD_CALL
.status:
        mov     [b_floppy_status], al
        cmp     ah, 0x02                ; no sectors were done
        jb      .answer
        cmp     ah, 0x05
        ja      .answer
        mov     byte [bp+f_al], 0
.answer:
        mov     [bp+f_ah], al
        test    al, al
        jz      .good
        CARRY_SET
        SERVICE_LEAVE
.good:
        CARRY_CLEAR
        SERVICE_LEAVE
.last:
        mov     al, [b_floppy_status]
        jmp     .answer
.type:
        mov     byte [bp+f_ah], 0       ; no drive
        CARRY_CLEAR
        SERVICE_LEAVE
.parameters:
        xor     ax, ax
        mov     [bp+f_bx], ax
        mov     [bp+f_cx], ax
        mov     [bp+f_dx], ax
        mov     [bp+f_di], ax
        mov     [bp+f_es], ax
        mov     word [bp+f_ax], DISK_BAD_CALL << 8
        mov     byte [b_floppy_status], DISK_BAD_CALL
        CARRY_SET
        SERVICE_LEAVE
