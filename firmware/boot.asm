; INT 19h: loads sector 0 of the first disk that has a boot sector. INT 18h: nothing boots, says why.

BOOT_NO_DRIVE   equ 0xFF                ; e_boot_result: or the status of INT 13h, or
BOOT_NO_MARK    equ 0xFE

int_19:
        push    word EBDA
        pop     ds
        mov     byte [e_boot_next], 0x80

; A boot program that gives up calls INT 18h: the next drive has its turn.
int_18:
        cli
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0x7C00
        sti
        cld
.drive:
        push    word EBDA
        pop     ds
        mov     dl, [e_boot_next]
        cmp     dl, 0x84
        jae     boot_failed
        inc     byte [e_boot_next]
        movzx   bx, dl
        mov     byte [bx-0x80+e_boot_result], 0
        call    boot_try
        push    word EBDA
        pop     ds
        movzx   bx, dl
        mov     [bx-0x80+e_boot_result], al
        jmp     .drive

; Starts drive DL, or returns AL = why not.
boot_try:
        push    byte BDA
        pop     ds
        mov     al, dl
        sub     al, 0x80
        cmp     al, [b_disk_count]
        mov     al, BOOT_NO_DRIVE
        jae     .done
        xor     ax, ax
        int     0x13
        xor     ax, ax
        mov     es, ax
        mov     bx, 0x7C00
        mov     cx, 0x0001
        mov     dh, 0
        mov     ax, 0x0201
        int     0x13
        mov     al, ah
        jc      .done
        mov     al, BOOT_NO_MARK
        cmp     word [es:0x7DFE], 0xAA55
        jne     .done
        POST_CODE 0x0D
        movzx   edx, dl
        xor     eax, eax
        xor     ebx, ebx
        xor     ecx, ecx
        xor     esi, esi
        xor     edi, edi
        xor     ebp, ebp
        mov     ds, ax
        mov     es, ax
        jmp     0x0000:0x7C00
.done:
        ret

boot_failed:
        POST_CODE 0x0E
        push    word EBDA
        pop     ds
        mov     si, message_nothing
        call    print
        xor     bx, bx
.drive:
        mov     si, message_drive
        call    print
        mov     al, 0x80
        add     al, bl
        call    print_hex
        mov     al, [bx+e_boot_result]
        mov     si, message_no_drive
        cmp     al, BOOT_NO_DRIVE
        je      .say
        mov     si, message_no_mark
        cmp     al, BOOT_NO_MARK
        je      .say
        mov     si, message_started
        test    al, al
        jz      .say
        mov     si, message_read_error
        call    print
        call    print_hex
        mov     si, message_h
.say:
        call    print
        inc     bx
        cmp     bx, 4
        jb      .drive
        mov     si, message_remedy
        call    print
.wait:                                  ; INT 16h halts between keys
        mov     ah, 0x10
        int     0x16
        mov     si, message_again
        call    print
        int     0x19

message_nothing:
        db      13, 10, "Nothing to boot.", 13, 10, 0
message_drive:
        db      "  disk ", 0
message_no_drive:
        db      "h: no such drive", 13, 10, 0
message_no_mark:
        db      "h: sector 0 was read, but has no boot signature (bytes 510 and 511 are not 55 AA)", 13, 10, 0
message_started:
        db      "h: was started, but gave control back", 13, 10, 0
message_read_error:
        db      "h: sector 0 could not be read, INT 13h status ", 0
message_h:
        db      "h", 13, 10, 0
message_remedy:
        db      "Give the machine a disk image with a boot sector, then press any key to try again.", 13, 10, 0
message_again:
        db      13, 10, "Trying again.", 13, 10, 0
