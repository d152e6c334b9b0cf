; INT 13h for the CD-ROM drive, number E0h: blocks of 2048 bytes. Phoenix Enhanced Disk Drive Specification 3.0; El Torito 1.0, section 4.

CD_DRIVE        equ 0xE0
DISK_PROTECTED  equ 0x03
DISK_NO_MEDIUM  equ 0x31

; Comes from disk_dispatch with DL = E0h. Returns AH = status; writes it to the frame and to 40:74.
cdrom_dispatch:
        mov     di, e_cdrom
        test    byte [di+d_flags], D_CDROM
        jz      disk_bad_call
        mov     si, cdrom_functions
.find:
        cs lodsb
        mov     bl, al
        cs lodsw
        cmp     bl, 0xFF
        je      .go
        cmp     bl, [bp+f_ah]
        jne     .find
.go:
        push    ax
        mov     bx, [bp+f_bx]
        mov     cx, [bp+f_cx]
        mov     ax, [bp+f_ax]
        ret

; Function, routine; FFh ends the list.
cdrom_functions:
        db      0x00
        dw      disk_nothing
        db      0x01
        dw      disk_last_status
        db      0x0D
        dw      disk_nothing
        db      0x10
        dw      cdrom_ready
        db      0x41
        dw      edd_check
        db      0x42
        dw      cdrom_read_packet
        db      0x43
        dw      cdrom_write
        db      0x44
        dw      cdrom_verify
        db      0x47
        dw      cdrom_seek
        db      0x48
        dw      cdrom_parameters
        db      0xFF
        dw      disk_bad_call

; AL = sense key to AH = status of INT 13h.
cdrom_status:
        mov     ah, DISK_OK
        test    al, al
        jz      .done
        mov     ah, DISK_NO_MEDIUM
        cmp     al, KEY_NOT_READY
        je      .done
        mov     ah, DISK_BAD_DATA
        cmp     al, KEY_MEDIUM
        je      .done
        mov     ah, DISK_NOT_FOUND
        cmp     al, KEY_REQUEST
        je      .done
        mov     ah, DISK_TIMEOUT
        cmp     al, 0xFF
        je      .done
        mov     ah, DISK_CONTROLLER
.done:
        jmp     disk_status

cdrom_ready:                            ; AH=10h
        call    cdrom_capacity
        jmp     cdrom_status

cdrom_write:                            ; AH=43h
        mov     ah, DISK_PROTECTED
        jmp     disk_status

cdrom_verify:                           ; AH=44h: the blocks only have to exist
        call    cdrom_capacity
        jnz     cdrom_status
        call    edd_packet
        jc      disk_bad_call
        call    disk_clip
        mov     bx, [bp+r_count]
        call    edd_count
        jmp     disk_status

cdrom_seek:                             ; AH=47h
        call    cdrom_capacity
        jz      edd_seek
        jmp     cdrom_status

cdrom_read_packet:                      ; AH=42h
        call    cdrom_capacity
        jnz     cdrom_status
        call    edd_packet
        jc      disk_bad_call
        call    disk_clip
        push    ax
        mov     cx, [bp+r_count]
        xor     ax, ax
        mov     [e_cd_blocks], ax
        jcxz    .moved
        mov     eax, [bp+r_lba]
        push    es
        mov     bx, [bp+r_buffer]
        mov     es, [bp+r_buffer+2]
        call    cdrom_read
        pop     es
.moved:
        mov     bx, [e_cd_blocks]
        call    edd_count
        pop     bx
        test    al, al
        jnz     cdrom_status
        mov     ah, bh
        jmp     disk_status

cdrom_parameters:                       ; AH=48h
        call    cdrom_capacity
        jz      .there
        mov     dword [di+d_total], 0xFFFFFFFF
        mov     dword [di+d_total+4], 0xFFFFFFFF
.there:
        push    es
        mov     es, [bp+f_ds]
        mov     si, [bp+f_si]
        cmp     word [es:si], 0x1A
        jb      .bad
        mov     word [es:si], 0x1A
        mov     word [es:si+2], 0x0064  ; removable, can be locked, geometry is no disc's
        mov     eax, 0xFFFFFFFF
        mov     [es:si+4], eax
        mov     [es:si+8], eax
        mov     [es:si+12], eax
        mov     eax, [di+d_total]
        mov     [es:si+16], eax
        mov     eax, [di+d_total+4]
        mov     [es:si+20], eax
        mov     word [es:si+24], CD_BLOCK
        pop     es
        mov     ah, DISK_OK
        jmp     disk_status
.bad:
        pop     es
        jmp     disk_bad_call
