; INT 19h: starts the first drive that boots: sector 0 of a disk, or a CD. INT 18h: the next one's turn; nothing boots, says why.

BOOT_NO_DRIVE   equ 0xFF                ; e_boot_result: or the status of INT 13h, or
BOOT_NO_MARK    equ 0xFE
BOOT_NOT_TRIED  equ 0xFD

BOOT_FLOPPY     equ 1
BOOT_DISKS      equ 2                   ; kinds of drives, as in CMOS 3Dh
BOOT_CDROM      equ 3

%macro CLEAR_FOR_BOOT 0                 ; what a boot sector finds in all registers but EDX, which has the drive
        xor     eax, eax
        xor     ebx, ebx
        xor     ecx, ecx
        xor     esi, esi
        xor     edi, edi
        xor     ebp, ebp
        mov     ds, ax
        mov     es, ax
%endmacro

int_19:
        push    word EBDA
        pop     ds
        mov     byte [e_boot_packet], 0
        mov     byte [e_boot_next], 0
        mov     byte [e_boot_cdrom], CD_NOT_TRIED
        mov     dword [e_boot_result], BOOT_NOT_TRIED * 0x01010101
        mov     byte [e_boot_floppy], BOOT_NOT_TRIED
        mov     al, 0x38                ; the third kind in the high four bits; 3Dh: the first one in the low, the second in the high
        call    cmos_read
        shr     al, 4
        mov     ah, al
        mov     al, 0x3D
        call    cmos_read
        test    ax, ax
        jnz     .order
        mov     al, BOOT_CDROM << 4 | BOOT_DISKS
.order:
        mov     [e_boot_order], ax
        call    menu_apply

; A boot program that gives up calls INT 18h: the next drive has its turn.
int_18:
        cli
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0x7C00
        sti
        cld
boot_next:
        push    word EBDA
        pop     ds
        mov     byte [e_emulation], 0
        mov     dl, [e_boot_next]
        test    dl, dl
        jnz     .drive
        mov     ax, [e_boot_order]
        test    ax, ax
        jz      boot_failed
        shr     word [e_boot_order], 4
        and     al, 0x0F
        cmp     al, BOOT_CDROM
        je      .cdrom
        cmp     al, BOOT_FLOPPY
        je      .floppy
        cmp     al, BOOT_DISKS
        jne     boot_next
        mov     byte [e_boot_next], 0x80
        jmp     boot_next
.floppy:
        mov     byte [e_boot_floppy], 0
        call    boot_try_floppy
        push    word EBDA
        pop     ds
        mov     [e_boot_floppy], al
        jmp     boot_next
.cdrom:
        test    byte [e_cdrom+d_flags], D_CDROM
        jz      boot_next
        mov     byte [e_boot_cdrom], CD_STARTED
        call    cdrom_boot
        push    word EBDA
        pop     ds
        mov     [e_boot_cdrom], al
        jmp     boot_next
.drive:
        inc     byte [e_boot_next]
        cmp     dl, 0x83
        jb      .more
        mov     byte [e_boot_next], 0
.more:
        movzx   bx, dl
        mov     byte [bx-0x80+e_boot_result], 0
        call    boot_try
        push    word EBDA
        pop     ds
        movzx   bx, dl
        mov     [bx-0x80+e_boot_result], al
        jmp     boot_next

; Starts drive DL, or returns AL = why not.
boot_try:
        push    byte BDA
        pop     ds
        mov     al, dl
        sub     al, 0x80
        cmp     al, [b_disk_count]
        mov     al, BOOT_NO_DRIVE
        jae     boot_read.done
        jmp     boot_read

; Starts drive A, or returns AL = why not.
boot_try_floppy:
        mov     dl, 0
        call    floppy_type
        mov     al, BOOT_NO_DRIVE
        jz      boot_read.done
        mov     si, 3                   ; a diskette that was changed is told once
.again:
        call    boot_read
        cmp     al, DISK_CHANGED
        jne     boot_read.done
        dec     si
        jnz     .again
        ret

; Reads the first sector of drive DL and jumps there, or returns AL = why not. Changes no SI without starting it.
boot_read:
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
        CLEAR_FOR_BOOT
        jmp     0x0000:0x7C00
.done:
        ret

