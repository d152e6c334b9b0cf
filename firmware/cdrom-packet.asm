; Packet commands to the CD-ROM drive: PIO, polled. ATA/ATAPI-6, clauses 8.23 and 9.8; SPC-2 and MMC-3 for the packets.
; In all of it: DS:DI = the drive's record e_cdrom, with the packet at e_packet; ES:BX = where data go.

ATA_PACKET      equ 0xA0
CD_BLOCK        equ 2048

CD_TEST_READY   equ 0x00
CD_SENSE        equ 0x03
CD_CAPACITY     equ 0x25
CD_READ         equ 0x28

; SPC-2, table 107: sense keys.
KEY_NOT_READY   equ 2
KEY_MEDIUM      equ 3
KEY_REQUEST     equ 5
KEY_ATTENTION   equ 6

; Detection has met a packet device at the position of record DI: keep it if it is the first, and take its note of power-on, so that
; nobody after us meets it. The 12 bytes of the record that are copied begin with its ports.
cdrom_found:
        test    byte [e_cdrom+d_flags], D_CDROM
        jnz     .done
        push    es
        push    di
        mov     ax, [di+d_port]
        mov     [e_cdrom+d_port], ax
        mov     ax, [di+d_control]
        mov     [e_cdrom+d_control], ax
        mov     al, [di+d_select]
        mov     [e_cdrom+d_select], al
        mov     byte [e_cdrom+d_flags], D_CDROM
        mov     di, e_cdrom
        push    ds
        pop     es
        call    cdrom_test_ready
        pop     di
        pop     es
.done:
        ret

; Clears the packet, and puts AL into its first byte.
cdrom_packet:
        mov     [e_packet], al
        mov     byte [e_packet+1], 0
        mov     word [e_packet+2], 0
        mov     dword [e_packet+4], 0
        mov     dword [e_packet+8], 0
        ret

cdrom_test_ready:
        mov     al, CD_TEST_READY
        call    cdrom_packet

; Carries the packet out. ZF = it went; otherwise AL = sense key, or 0FFh where the drive does not answer. EBX is moved behind the data
; of each block; e_cd_blocks counts them. Changes AX, CX, DX. The sense data of a command that failed are taken, so that neither they nor
; the error in the status register meet whoever looks at the drive next.
cdrom_command:
        call    cdrom_carry_out
        jz      .done
        cmp     al, 0xFF
        je      .failed
        push    es
        push    bx
        push    ax
        push    word [e_cd_blocks]
        mov     al, CD_SENSE
        call    cdrom_packet
        mov     byte [e_packet+4], 8    ; as much as e_cd_answer holds
        push    ds
        pop     es
        mov     bx, e_cd_answer
        call    cdrom_carry_out
        pop     word [e_cd_blocks]
        pop     ax
        pop     bx
        pop     es
.failed:
        test    al, al
.done:
        ret

cdrom_carry_out:
        mov     word [e_cd_blocks], 0
        mov     al, 0x0A                ; nIEN: polled
        call    ata_set_control
        mov     dx, [di+d_port]
        add     dx, ata_device
        mov     al, [di+d_select]
        out     dx, al
        call    ata_wait
        jc      .dead
        mov     dx, [di+d_port]
        inc     dx
        xor     ax, ax                  ; no DMA, no overlap
        out     dx, al
        add     dx, ata_lba_mid - 1
        mov     al, CD_BLOCK & 0xFF
        out     dx, al
        inc     dx
        mov     al, CD_BLOCK >> 8
        out     dx, al
        add     dx, ata_status - ata_lba_high
        mov     al, ATA_PACKET
        out     dx, al
        call    ata_wait
        jc      .dead
        test    al, ATA_DRQ
        jz      .end
        push    si
        mov     si, e_packet
        mov     cx, 6
        mov     dx, [di+d_port]
        cld
        rep     outsw
        pop     si
.block:
        in      al, 0x61                ; a moment, so that BSY can come
        call    ata_wait
        jc      .dead
        test    al, ATA_DRQ
        jz      .end
        mov     dx, [di+d_port]
        add     dx, ata_lba_high
        in      al, dx
        mov     ah, al
        dec     dx
        in      al, dx
        mov     cx, ax
        inc     cx
        shr     cx, 1
        cmp     bx, 0x10000 - CD_BLOCK  ; the offset must not wrap inside the block
        jb      .fits
        mov     ax, bx
        shr     ax, 4
        mov     dx, es
        add     ax, dx
        mov     es, ax
        and     bx, 0x000F
.fits:
        mov     dx, [di+d_port]
        push    di
        cmp     byte [e_cd_take], 0
        jne     .part
.whole:
        mov     di, bx
        rep     insw
.taken:
        mov     bx, di
        pop     di
        inc     word [e_cd_blocks]
        jmp     .block
.part:                                  ; some of the sectors of 512 bytes in a block
        cmp     byte [e_packet], CD_READ
        jne     .whole
        mov     di, bx
        mov     ah, [e_cd_skip]
        call    cdrom_drop
        movzx   cx, byte [e_cd_take]
        shl     cx, 8
        rep     insw
        mov     ah, 4
        sub     ah, [e_cd_skip]
        sub     ah, [e_cd_take]
        call    cdrom_drop
        jmp     .taken
.end:
        test    al, ATA_ERR
        mov     al, 0
        jz      .done
        mov     dx, [di+d_port]
        inc     dx                      ; the sense key is in the error register
        in      al, dx
        shr     al, 4
        jnz     .done
        mov     al, KEY_REQUEST
        jmp     .done
.dead:
        mov     al, 0xFF
.done:
        push    ax
        mov     al, 0x08
        call    ata_set_control
        pop     ax
        test    al, al
        ret

; Takes AH sectors of 512 bytes from port DX and forgets them. Changes AX, CX.
cdrom_drop:
        movzx   cx, ah
        shl     cx, 8
        jcxz    .done
.word:
        in      ax, dx
        loop    .word
.done:
        ret

; The record's d_total = blocks of the disc that is in. ZF, AL as above; a change of the disc is taken as it comes.
cdrom_capacity:
        push    es
        push    bx
        push    si
        mov     si, 5
.again:
        dec     si
        jz      .done
        mov     al, CD_CAPACITY
        call    cdrom_packet
        push    ds
        pop     es
        mov     bx, e_cd_answer
        call    cdrom_command
        cmp     al, KEY_ATTENTION
        je      .again
        test    al, al
        jnz     .done
        mov     eax, [e_cd_answer]
        xchg    al, ah
        rol     eax, 16
        xchg    al, ah
        inc     eax
        mov     [di+d_total], eax
        mov     dword [di+d_total+4], 0
        xor     al, al
.done:
        pop     si
        pop     bx
        pop     es
        test    al, al
        ret

; CX blocks from block EAX on to ES:BX. ZF, AL, EBX as above; e_cd_blocks = how many came.
cdrom_read:
        push    eax
        mov     al, CD_READ
        call    cdrom_packet
        pop     eax
        xchg    al, ah
        rol     eax, 16
        xchg    al, ah
        mov     [e_packet+2], eax
        mov     [e_packet+8], cl
        mov     [e_packet+7], ch
        jmp     cdrom_command
