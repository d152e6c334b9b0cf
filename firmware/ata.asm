; Carries out INT 13h requests on an ATA drive: PIO, polled, one sector a block. ATA/ATAPI-6, clauses 8 and 9.
; In all of it: DS:DI = drive record, BP = frame with the request below it.

ATA_READ        equ 0x20
ATA_WRITE       equ 0x30
ATA_VERIFY      equ 0x40
ATA_IDENTIFY    equ 0xEC

; Offsets from the command block.
ata_data        equ 0
ata_error       equ 1
ata_count       equ 2
ata_lba_low     equ 3
ata_lba_mid     equ 4
ata_lba_high    equ 5
ata_device      equ 6
ata_status      equ 7                   ; write: command

ATA_BSY         equ 0x80
ATA_DRDY        equ 0x40
ATA_DF          equ 0x20
ATA_DRQ         equ 0x08
ATA_ERR         equ 0x01

ATA_CHUNK       equ 128                 ; sectors of one command

; Waits until BSY is clear: AL = status. CF = it stays set for 4 million looks; two port reads each are 8 s on an ISA bus.
; Changes DX: = the status port.
ata_wait:
        push    ecx
        mov     dx, [di+d_port]
        add     dx, ata_status
        mov     ecx, 4000000
.poll:
        in      al, dx
        test    al, ATA_BSY             ; CF = 0
        jz      .done
        in      al, 0x61
        dec     ecx
        jnz     .poll
        stc
.done:
        pop     ecx
        ret

; Writes AL to the control block.
ata_set_control:
        push    dx
        mov     dx, [di+d_control]
        out     dx, al
        pop     dx
        ret

; Selects the drive and waits until it can take a command. AH = status; ZF = it can.
ata_ready:
        mov     dx, [di+d_port]
        add     dx, ata_device
        mov     al, [di+d_select]
        out     dx, al
        call    ata_wait
        mov     ah, DISK_TIMEOUT
        jc      .done
        mov     ah, 0xAA                ; not ready
        test    al, ATA_DRDY
        jz      .done
        mov     ah, DISK_OK
.done:
        test    ah, ah
        ret

; A drive in the middle of something is reset, with the other one on its channel. AH = status.
ata_recover:
        mov     dx, [di+d_port]
        add     dx, ata_device
        mov     al, [di+d_select]
        out     dx, al
        inc     dx
        in      al, dx
        test    al, ATA_BSY | ATA_DRQ
        jz      ata_ready
        mov     al, 0x0E                ; SRST, nIEN
        call    ata_set_control
        mov     cx, 64
.pulse:                                 ; at least 5 us
        in      al, 0x61
        loop    .pulse
        mov     al, 0x08
        call    ata_set_control
        jmp     ata_ready

; The whole request: AH = status, r_done = sectors done.
ata_transfer:
        mov     word [bp+r_done], 0
        mov     al, 0x0A                ; nIEN: polled
        call    ata_set_control
.chunk:
        mov     cx, [bp+r_count]
        mov     ah, DISK_OK
        jcxz    .done
        cmp     cx, ATA_CHUNK
        jbe     .size
        mov     cx, ATA_CHUNK
.size:
        call    ata_command
        jnz     .done
        sub     [bp+r_count], cx
        mov     bx, cx
        cmp     byte [bp+r_command], ATA_VERIFY
        je      .verify
.sector:
        call    ata_sector
        jnz     .done
        inc     word [bp+r_done]
        dec     bx
        jnz     .sector
        cmp     byte [bp+r_command], ATA_WRITE
        jne     .advance
        call    ata_wait                ; the drive says at the end how the last sector went
        call    ata_result
        jz      .advance
        dec     word [bp+r_done]
        jmp     .done
.verify:
        call    ata_wait
        call    ata_result
        jnz     .done
        add     [bp+r_done], bx
.advance:
        movzx   ecx, cx
        add     [bp+r_lba], ecx
        adc     dword [bp+r_lba+4], 0
        jmp     .chunk
.done:
        push    ax
        mov     al, 0x08
        call    ata_set_control
        pop     ax
        ret

; One sector between the drive and the buffer. ZF = it went; AH = status. Keeps BX, CX.
ata_sector:
        push    cx
        push    di
        call    ata_wait
        call    ata_result
        jnz     .done
        test    al, ATA_DRQ
        mov     ah, DISK_CONTROLLER
        jz      .failed
        mov     dx, [di+d_port]
        mov     ax, [bp+r_buffer]
        cmp     ax, 0xFE00              ; the offset must not wrap inside the sector, nor after it
        jb      .fits
        mov     cx, ax
        shr     cx, 4
        add     [bp+r_buffer+2], cx
        and     ax, 0x000F
.fits:
        mov     [bp+r_buffer], ax
        add     word [bp+r_buffer], 512
        mov     cx, 256
        cmp     byte [bp+r_command], ATA_WRITE
        je      .write
        push    es
        mov     es, [bp+r_buffer+2]
        mov     di, ax
        rep     insw
        pop     es
        jmp     .good
.write:
        push    ds
        mov     ds, [bp+r_buffer+2]
        mov     si, ax
        rep     outsw
        pop     ds
.good:
        xor     ah, ah
.done:
        pop     di
        pop     cx
        ret
.failed:
        test    ah, ah
        jmp     .done

; AL = ATA status, CF = timeout. ZF = no error; AH = INT 13h status.
ata_result:
        mov     ah, DISK_TIMEOUT
        jc      .done
        mov     ah, DISK_OK
        test    al, ATA_ERR | ATA_DF
        jz      .done
        mov     ah, DISK_CONTROLLER
        test    al, ATA_DF
        jnz     .done
        push    dx
        push    si
        mov     dx, [di+d_port]
        inc     dx                      ; error register
        in      al, dx
        mov     si, ata_errors
.find:
        mov     ah, [cs:si+1]
        cmp     byte [cs:si], 0
        je      .found
        test    al, [cs:si]
        jnz     .found
        add     si, 2
        jmp     .find
.found:
        pop     si
        pop     dx
.done:
        test    ah, ah
        ret

; Error register bit, INT 13h status: the first that is set counts; 0 ends the list.
ata_errors:
        db      0x80, DISK_BAD_SECTOR   ; BBK (ICRC)
        db      0x40, DISK_BAD_DATA     ; UNC
        db      0x10, DISK_NOT_FOUND    ; IDNF
        db      0x01, DISK_BAD_MARK     ; AMNF
        db      0x04, DISK_CONTROLLER   ; ABRT
        db      0x00, DISK_CONTROLLER
