; Gives an ATA drive its command and address. ATA/ATAPI-6, clause 6.2; drives without LBA: ATA-1.

; Gives the command for CX sectors from r_lba on. ZF = it was taken; AH = status.
ata_command:
        call    ata_ready
        jnz     .done
        push    cx
        movzx   ecx, cx
        mov     eax, [bp+r_lba]
        mov     edx, [bp+r_lba+4]
        add     eax, ecx
        adc     edx, 0
        sub     eax, 1
        sbb     edx, 0
        test    byte [di+d_flags], D_LBA
        jz      .chs
        test    edx, edx
        jnz     .long
        cmp     eax, 0x0FFFFFFF
        ja      .long
        call    ata_registers
        mov     ah, [bp+r_lba+3]
        or      ah, 0x40
        mov     al, [bp+r_command]
        jmp     .device
.long:
        test    byte [di+d_flags], D_LBA48
        jz      .beyond
        mov     dx, [di+d_port]
        add     dx, ata_count
        xor     al, al                  ; high bytes first; CX is at most 128
        out     dx, al
        inc     dx
        mov     al, [bp+r_lba+3]
        out     dx, al
        inc     dx
        mov     al, [bp+r_lba+4]
        out     dx, al
        inc     dx
        mov     al, [bp+r_lba+5]
        out     dx, al
        call    ata_registers
        mov     ah, 0x40
        mov     al, [bp+r_command]      ; 24h, 34h, 42h
        add     al, 2
        cmp     al, ATA_VERIFY + 2
        je      .device
        add     al, 2
        jmp     .device
.beyond:
        pop     cx
        mov     ah, DISK_NOT_FOUND
        jmp     .tested
.chs:
        call    ata_chs
        jc      .beyond
        mov     al, [bp+r_command]
.device:
        mov     dx, [di+d_port]
        add     dx, ata_device
        xchg    al, ah
        or      al, [di+d_select]
        out     dx, al
        inc     dx
        mov     al, ah
        out     dx, al
        pop     cx
        mov     ah, DISK_OK
.tested:
        test    ah, ah
.done:
        ret

; Sector count CL and the low 24 bits of r_lba.
ata_registers:
        mov     dx, [di+d_port]
        add     dx, ata_count
        mov     al, cl
        out     dx, al
        inc     dx
        mov     al, [bp+r_lba]
        out     dx, al
        inc     dx
        mov     al, [bp+r_lba+1]
        out     dx, al
        inc     dx
        mov     al, [bp+r_lba+2]
        out     dx, al
        ret

; For drives without LBA: count CL and the drive's own cylinder and sector; AH = head. CF = there is no such cylinder.
ata_chs:
        mov     eax, [bp+r_lba]
        xor     edx, edx
        movzx   ebx, word [di+d_sectors]
        div     ebx
        inc     dl
        push    dx                      ; sector
        xor     edx, edx
        movzx   ebx, word [di+d_heads]
        div     ebx
        mov     bx, dx                  ; head
        cmp     eax, 0x10000
        cmc
        pop     dx
        jc      .done
        mov     ch, dl
        mov     dx, [di+d_port]
        add     dx, ata_count
        push    ax
        mov     al, cl
        out     dx, al
        inc     dx
        mov     al, ch
        out     dx, al
        inc     dx
        pop     ax
        out     dx, al
        inc     dx
        mov     al, ah
        out     dx, al
        mov     ah, bl
        clc
.done:
        ret
