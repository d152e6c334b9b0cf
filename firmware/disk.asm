; INT 13h for fixed disks, drives 80h-83h: cylinder, head and sector. Numbers below 80h go to INT 40h.

DISK_OK         equ 0x00
DISK_BAD_CALL   equ 0x01
DISK_BAD_MARK   equ 0x02
DISK_NOT_FOUND  equ 0x04
DISK_BAD_SECTOR equ 0x0A
DISK_BAD_DATA   equ 0x10
DISK_CONTROLLER equ 0x20
DISK_TIMEOUT    equ 0x80

; A request to transfer, below the frame: the services fill it in, ata.asm carries it out.
r_lba           equ -8                  ; eight bytes, from BP
r_buffer        equ -12                 ; offset, segment
r_count         equ -14                 ; sectors to do
r_done          equ -16                 ; sectors done
r_command       equ -17                 ; ATA_READ, ATA_WRITE or ATA_VERIFY
r_size          equ 18

int_13:
        cmp     ah, 0x4A
        jb      .drive
        cmp     ah, 0x4C                ; emulations of the CD: 7Fh stands for all drives
        jbe     .fixed
.drive:
        test    dl, 0x80
        jz      .floppy
.fixed:
        SERVICE_ENTER
        CALLERS_IF
        sub     sp, r_size
        call    emulation_dispatch
        jnz     .done
        call    disk_dispatch
.done:
        add     sp, r_size
        test    ah, ah                  ; AH = status
        jnz     .failed
        CARRY_CLEAR
        jmp     .leave
.failed:
        CARRY_SET
.leave:
        SERVICE_LEAVE

; To whoever has INT 40h, with the caller's flags and return address on the stack as INT 13h left them.
.floppy:
        push    eax                     ; room for the far pointer
        push    bp
        mov     bp, sp
        push    ds
        push    eax
        xor     ax, ax
        mov     ds, ax
        mov     eax, [0x40*4]
        mov     [bp+2], eax
        pop     eax
        pop     ds
        pop     bp
        retf

; Returns AH = status; writes it to the frame and to 40:74.
disk_dispatch:
        push    word EBDA
        pop     ds
        cmp     ah, 0x4A
        jb      .drive
        cmp     ah, 0x4C
        jbe     .emulation
.drive:
        movzx   bx, dl
        sub     bl, 0x80
        push    ds
        push    byte BDA
        pop     ds
        cmp     bl, [b_disk_count]
        pop     ds
        jae     .no_drive
        imul    di, bx, d_length
        add     di, e_drives            ; DS:DI = drive record
        mov     bx, [bp+f_bx]
        movzx   si, ah
        cmp     si, 0x49
        jae     .bad
        mov     cx, [bp+f_cx]
        movzx   si, byte [cs:si+disk_functions]
        jmp     [cs:si+disk_routines]
.bad:
        mov     ah, DISK_BAD_CALL
        jmp     disk_status
.emulation:
        test    byte [e_cdrom+d_flags], D_CDROM
        jnz     emulation_call
        jmp     .bad
.no_drive:
        cmp     dl, CD_DRIVE
        je      cdrom_dispatch
        cmp     ah, 0x15
        je      disk_no_type
        cmp     ah, 0x08
        jne     .bad
        xor     ax, ax
        mov     [bp+f_cx], ax
        mov     [bp+f_dx], ax
        mov     [bp+f_al], al
        mov     ah, 0x07                ; parameter activity failed
        jmp     disk_status

disk_no_type:
        xor     ax, ax
        mov     [bp+f_cx], ax
        mov     [bp+f_dx], ax
        mov     [bp+f_ah], al
        ret

; AH = status: to the frame and to the BDA.
disk_status:
        mov     [bp+f_ah], ah
disk_status_only:
        push    ds
        push    byte BDA
        pop     ds
        mov     [b_disk_status], ah
        pop     ds
        ret

; Each function's place in disk_routines.
%define R(x) ((x) * 2)
disk_functions:
        db      R(1), R(2), R(3), R(4), R(5), R(6), R(0), R(0), R(7), R(8), R(0), R(0), R(6), R(1), R(0), R(0)
        db      R(9), R(1), R(0), R(0), R(8), R(10), R(0), R(0), R(0), R(0), R(0), R(0), R(0), R(0), R(0), R(0)
        times   0x20 db R(0)
        db      R(0), R(11), R(12), R(13), R(14), R(0), R(0), R(15), R(16)
disk_routines:
        dw      disk_bad_call, disk_reset, disk_last_status, disk_read, disk_write, disk_verify, disk_seek
        dw      disk_parameters, disk_nothing, disk_ready, disk_type
        dw      edd_check, edd_read, edd_write, edd_verify, edd_seek, edd_parameters

disk_bad_call:
        mov     ah, DISK_BAD_CALL
        jmp     disk_status

disk_nothing:                           ; AH=09h, 14h: nothing to set up, nothing to find out
        mov     ah, DISK_OK
        jmp     disk_status

disk_reset:                             ; AH=00h, 0Dh, 11h
        call    ata_recover
        jmp     disk_status

disk_last_status:                       ; AH=01h: reads and clears
        push    ds
        push    byte BDA
        pop     ds
        xor     ah, ah
        xchg    ah, [b_disk_status]
        pop     ds
        mov     [bp+f_ah], ah
        mov     [bp+f_al], ah
        ret

disk_ready:                             ; AH=10h
        call    ata_ready
        jmp     disk_status

disk_read:
        mov     byte [bp+r_command], ATA_READ
        jmp     disk_transfer
disk_write:
        mov     byte [bp+r_command], ATA_WRITE
        jmp     disk_transfer
disk_verify:
        mov     byte [bp+r_command], ATA_VERIFY

; AL sectors at CX, DH, to or from ES:BX. AL = sectors done.
disk_transfer:
        xor     ah, ah
        mov     [bp+r_count], ax
        mov     [bp+r_buffer], bx
        mov     [bp+r_buffer+2], es
        dec     ax
        cmp     ax, 128
        jae     .bad
        call    disk_address
        jc      .bad
        call    disk_clip
        push    ax
        call    ata_transfer
        pop     bx
        test    ah, ah
        jnz     .counted
        mov     ah, bh
.counted:
        mov     al, [bp+r_done]
        mov     [bp+f_al], al
        jmp     disk_status
.bad:
        mov     byte [bp+f_al], 0
        mov     ah, DISK_BAD_CALL
        jmp     disk_status

; r_lba from CH, CL, DH. CF = there is no such cylinder, head or sector.
disk_address:
        push    ax
        push    dx
        movzx   eax, ch
        mov     ah, cl
        shr     ah, 6
        cmp     ax, [di+d_log_cylinders]
        jae     .bad
        movzx   ebx, word [di+d_log_heads]
        imul    eax, ebx
        movzx   edx, dh
        cmp     dx, bx
        jae     .bad
        add     eax, edx
        movzx   ebx, word [di+d_log_sectors]
        imul    eax, ebx
        movzx   edx, cl
        and     dx, 0x3F
        jz      .bad
        cmp     dx, bx
        ja      .bad
        dec     dx
        add     eax, edx
        mov     [bp+r_lba], eax
        mov     dword [bp+r_lba+4], 0
        clc
        jmp     .done
.bad:
        stc
.done:
        pop     dx
        pop     ax
        ret

disk_seek:                              ; AH=0Ch, and 05h: drives format themselves, the track only has to exist
        test    cl, 0x3F
        jnz     .sector
        inc     cx
.sector:
        call    disk_address
        mov     ah, DISK_OK
        jnc     .done
        mov     ah, DISK_BAD_CALL
.done:
        jmp     disk_status

disk_parameters:                        ; AH=08h
        mov     ax, [di+d_log_cylinders]
        dec     ax
        mov     ch, al
        mov     cl, ah
        shl     cl, 6
        mov     al, [di+d_log_sectors]
        and     al, 0x3F
        or      cl, al
        mov     [bp+f_cx], cx
        mov     al, [di+d_log_heads]
        dec     al
        mov     [bp+f_dh], al
        push    ds
        push    byte BDA
        pop     ds
        mov     al, [b_disk_count]
        pop     ds
        mov     [bp+f_dl], al
        mov     byte [bp+f_al], 0
        mov     ah, DISK_OK
        jmp     disk_status

disk_type:                              ; AH=15h: CX:DX = sectors that cylinders, heads and sectors reach
        movzx   eax, word [di+d_log_cylinders]
        movzx   ebx, word [di+d_log_heads]
        imul    eax, ebx
        movzx   ebx, word [di+d_log_sectors]
        imul    eax, ebx
        mov     [bp+f_dx], ax
        shr     eax, 16
        mov     [bp+f_cx], ax
        mov     byte [bp+f_ah], 3       ; fixed disk
        mov     ah, DISK_OK
        jmp     disk_status_only
