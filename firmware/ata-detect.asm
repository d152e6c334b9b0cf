; POST: finds ATA drives by IDENTIFY DEVICE, master and slave of both channels, and decides on the geometry INT 13h shows.

IDE_NOTHING     equ 0                   ; e_ide_result
IDE_DISK        equ 1
IDE_PACKET      equ 2                   ; an ATAPI device

ata_positions:
        dw      0x1F0, 0x3F6
        db      0xA0
        dw      0x1F0, 0x3F6
        db      0xB0
        dw      0x170, 0x376
        db      0xA0
        dw      0x170, 0x376
        db      0xB0

ata_detect:
        push    word EBDA
        pop     ds
        push    ds
        pop     es
        mov     byte [e_cdrom+d_flags], 0
        mov     di, e_drives
        mov     si, ata_positions
        xor     bx, bx
.position:
        push    bx
        mov     ax, [cs:si]
        mov     [di+d_port], ax
        mov     ax, [cs:si+2]
        mov     [di+d_control], ax
        mov     al, [cs:si+4]
        mov     [di+d_select], al
        push    si
        call    ata_identify
        pop     si
        pop     bx
        mov     [bx+e_ide_result], al
        cmp     al, IDE_DISK
        jne     .next
        push    bx
        push    si
        call    ata_describe
        pop     si
        pop     bx
        add     di, d_length
        push    ds
        push    byte BDA
        pop     ds
        inc     byte [b_disk_count]
        pop     ds
.next:
        add     si, 5
        inc     bx
        cmp     bx, 4
        jb      .position
        mov     si, e_drives            ; the tables that INT 41h and 46h point to
        mov     bx, e_fdpt
        call    ata_parameter_table
        mov     si, e_drives + d_length
        mov     bx, e_fdpt + 16
        call    ata_parameter_table
        push    byte BDA
        pop     ds
        ret

; AL = what is at the position of record DI; a disk's IDENTIFY data are at e_identify.
ata_identify:
        mov     dx, [di+d_port]
        add     dx, ata_device
        mov     al, [di+d_select]
        out     dx, al
        inc     dx
        in      al, dx
        cmp     al, 0xFF                ; nothing drives the bus
        je      .nothing
        call    ata_wait
        jc      .nothing
        mov     dx, [di+d_port]         ; registers that keep what is written?
        add     dx, ata_count
        mov     al, 0x55
        out     dx, al
        inc     dx
        mov     al, 0xAA
        out     dx, al
        in      al, dx
        cmp     al, 0xAA
        jne     .nothing
        dec     dx
        in      al, dx
        cmp     al, 0x55
        jne     .nothing
        mov     al, 0x0A
        call    ata_set_control
        mov     dx, [di+d_port]
        add     dx, ata_status
        mov     al, ATA_IDENTIFY
        out     dx, al
        in      al, dx
        test    al, al
        jz      .nothing
        call    ata_wait
        jc      .nothing
        test    al, ATA_ERR
        jnz     .refused
        test    al, ATA_DRQ
        jz      .nothing
        push    di
        mov     dx, [di+d_port]
        mov     di, e_identify
        mov     cx, 256
        rep     insw
        pop     di
        call    ata_wait
        mov     bl, IDE_DISK
        jmp     .done
.refused:
        mov     dx, [di+d_port]         ; ATAPI signature
        add     dx, ata_lba_mid
        in      al, dx
        cmp     al, 0x14
        jne     .nothing
        inc     dx
        in      al, dx
        cmp     al, 0xEB
        jne     .nothing
        call    cdrom_found
        mov     bl, IDE_PACKET
        jmp     .done
.nothing:
        mov     bl, IDE_NOTHING
.done:
        mov     al, 0x08                ; interrupts on again
        call    ata_set_control
        mov     al, bl
        ret

; Fills record DI from the IDENTIFY data. Word numbers: ATA/ATAPI-6, table 27.
ata_describe:
        mov     ax, [e_identify+2*1]
        mov     [di+d_cylinders], ax
        mov     ax, [e_identify+2*3]
        mov     [di+d_heads], ax
        mov     ax, [e_identify+2*6]
        mov     [di+d_sectors], ax
        mov     byte [di+d_flags], 0
        xor     edx, edx
        test    byte [e_identify+2*49+1], 0x02
        jz      .chs
        or      byte [di+d_flags], D_LBA
        mov     eax, [e_identify+2*60]
        mov     bx, [e_identify+2*83]
        and     bx, 0xC400
        cmp     bx, 0x4400              ; the word is valid and bit 10 set
        jne     .total
        cmp     dword [e_identify+2*100], 0
        jne     .long
        cmp     dword [e_identify+2*102], 0
        je      .total
.long:
        or      byte [di+d_flags], D_LBA48
        mov     eax, [e_identify+2*100]
        mov     edx, [e_identify+2*102]
        jmp     .total
.chs:
        movzx   eax, word [di+d_cylinders]
        movzx   ebx, word [di+d_heads]
        imul    eax, ebx
        movzx   ebx, word [di+d_sectors]
        imul    eax, ebx
.total:
        mov     [di+d_total], eax
        mov     [di+d_total+4], edx
        ; the drive's own geometry fits into ten bits of cylinder and eight of head: nothing to translate
        mov     ax, [di+d_cylinders]
        mov     bx, [di+d_heads]
        mov     cx, [di+d_sectors]
        test    ax, ax
        jz      .assisted
        cmp     ax, 1024
        ja      .assisted
        dec     bx
        cmp     bx, 255
        jae     .assisted
        inc     bx
        dec     cx
        cmp     cx, 63
        jae     .assisted
        inc     cx
        jmp     .store

; LBA-assisted translation: 63 sectors; the least of 16, 32, 64, 128 and 255 heads that leaves at most 1024 cylinders.
.assisted:
        mov     eax, 1024 * 255 * 63    ; no more can be reached
        cmp     dword [di+d_total+4], 0
        jne     .clipped
        cmp     [di+d_total], eax
        jae     .clipped
        mov     eax, [di+d_total]
.clipped:
        mov     ebx, 16
.heads:
        push    eax
        mov     ecx, ebx
        imul    ecx, 63
        xor     edx, edx
        div     ecx
        mov     edx, eax
        pop     eax
        cmp     edx, 1024
        jbe     .fits
        cmp     bx, 255
        je      .most
        add     bx, bx
        cmp     bx, 256
        jb      .heads
        mov     bx, 255
        jmp     .heads
.most:
        mov     dx, 1024
.fits:
        mov     ax, dx
        test    ax, ax
        jnz     .some
        inc     ax
.some:
        mov     cx, 63
.store:
        mov     [di+d_log_cylinders], ax
        mov     [di+d_log_heads], bx
        mov     [di+d_log_sectors], cx
        ret

; Fixed disk parameter table at BX for record SI (zeros when there is no such drive): AT Technical Reference.
ata_parameter_table:
        mov     ax, [si+d_log_cylinders]
        mov     [bx], ax
        mov     [bx+12], ax             ; landing zone
        mov     cl, [si+d_log_heads]
        mov     [bx+2], cl
        mov     word [bx+5], 0xFFFF     ; no write precompensation
        cmp     cl, 8
        jbe     .few
        mov     byte [bx+8], 0x08       ; more than eight heads
.few:
        mov     al, [si+d_log_sectors]
        mov     [bx+14], al
        ret
