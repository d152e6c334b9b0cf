; INT 40h, which INT 13h passes drives 00h and 01h to: diskette drives. Multi-sector calls go on over heads and cylinders, as programs that
; grew up with emulators expect. Interrupts are on meanwhile, because the controller's is waited for.

DISK_CHANGED    equ 0x06
DISK_OVERRUN    equ 0x08
DISK_BOUNDARY   equ 0x09
DISK_BAD_MEDIA  equ 0x0C
DISK_SEEK       equ 0x40

; A request, below the frame.
q_cylinder      equ -1
q_head          equ -2
q_sector        equ -3
q_count         equ -4                  ; sectors left
q_chunk         equ -5                  ; sectors of the command that runs
q_drive         equ -6
q_command       equ -7
q_mode          equ -8                  ; of the DMA channel; 0 for none
q_address       equ -12                 ; physical
q_length        equ -14                 ; bytes of DMA, minus one
q_size          equ 14

int_40:
        SERVICE_ENTER
        sti
        sub     sp, q_size
        call    emulation_dispatch
        jnz     .emulated
        mov     [bp+q_drive], dl
        call    floppy_dispatch
        mov     [bp+f_ah], ah
.emulated:
        add     sp, q_size
        cmp     ah, DISK_OK
        je      .good
        CARRY_SET
        SERVICE_LEAVE
.good:
        CARRY_CLEAR
        SERVICE_LEAVE

; AL = type of drive DL, as CMOS byte 10h has it, 0 for none. ZF. Changes CL.
floppy_type:
        mov     cl, 4
        test    dl, dl
        jz      .read
        mov     cl, 0
.read:
        xor     al, al
        cmp     dl, 1
        ja      .done
        mov     al, 0x10
        call    cmos_read
        shr     al, cl
        and     al, 0x0F
.done:
        test    al, al
        ret

; Returns AH = what goes to the caller's AH; carry is set for him where that is not 0.
floppy_dispatch:
        cmp     ah, 0x01
        je      floppy_last_status
        cmp     ah, 0x15
        je      floppy_drive_type
        cmp     ah, 0x08
        je      floppy_parameters
        movzx   si, ah
        push    ax
        push    cx
        call    floppy_type
        pop     cx
        pop     ax
        jz      floppy_absent
        cmp     si, 0x41
        jae     floppy_edd
        cmp     si, 0x19
        jae     .bad
        movzx   si, byte [cs:si+floppy_functions]
        call    [cs:si+floppy_routines]
        jmp     floppy_status
.bad:
        mov     ah, DISK_BAD_CALL
floppy_status:
        mov     [b_floppy_status], ah
        ret

floppy_functions:
        db      R(1), R(0), R(2), R(3), R(4), R(5), R(0), R(0), R(0), R(0), R(0), R(0), R(0), R(0), R(0), R(0)
        db      R(0), R(0), R(0), R(0), R(0), R(0), R(6), R(7), R(8)
floppy_routines:
        dw      floppy_bad_call, floppy_reset, floppy_read, floppy_write, floppy_verify, floppy_format, floppy_changed
        dw      floppy_set_type, floppy_set_media

floppy_bad_call:
        mov     ah, DISK_BAD_CALL
        ret

; A drive that is not there.
floppy_absent:
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
        cmp     ah, 0x02                ; no sectors were done
        jb      .answer
        cmp     ah, 0x05
        ja      .answer
        mov     byte [bp+f_al], 0
.answer:
        mov     ah, al
        jmp     floppy_status

floppy_last_status:
        mov     ah, [b_floppy_status]
        ret

floppy_drive_type:                      ; AH=15h: 0 no drive, 1 one without change line, 2 one with it
        call    floppy_type
        mov     ah, 0
        jz      .done
        inc     ah
        cmp     al, 1
        je      .done
        inc     ah
.done:
        mov     [bp+f_ah], ah
        mov     byte [b_floppy_status], DISK_OK
        add     sp, 2                   ; AH is no status here: carry is clear
        add     sp, q_size
        CARRY_CLEAR
        SERVICE_LEAVE

floppy_parameters:                      ; AH=08h: those of the diskette that is in, otherwise those of the drive
        call    floppy_type
        jz      .none
        movzx   bx, al
        mov     [bp+f_bx], bx
        push    bx
        call    floppy_ready
        pop     bx
        movzx   si, byte [bp+q_drive]
        shl     si, 2
        mov     ch, [si+b_floppy_geometry+g_cylinders]
        mov     cl, [si+b_floppy_geometry+g_sectors]
        mov     dh, [si+b_floppy_geometry+g_heads]
        test    cl, cl
        jnz     .known
        mov     dh, 2
        mov     ch, 80
        cmp     bl, 1
        jne     .eighty
        mov     ch, 40
.eighty:
        cmp     bl, 5
        jbe     .typed
        mov     bl, 5
.typed:
        mov     bh, 0
        mov     cl, [cs:bx+floppy_type_sectors-1]
.known:
        dec     ch
        dec     dh
        mov     [bp+f_cx], cx
        mov     [bp+f_dh], dh
        mov     al, [b_equipment]       ; bits 7-6: drives minus one
        shr     al, 6
        inc     ax
        mov     [bp+f_dl], al
        call    floppy_table
        mov     [bp+f_di], di
        mov     word [bp+f_es], BIOS
        mov     byte [bp+f_al], 0
        mov     ah, DISK_OK
        jmp     floppy_status
.none:
        xor     ax, ax
        mov     [bp+f_bx], ax
        mov     [bp+f_cx], ax
        mov     [bp+f_dx], ax
        mov     [bp+f_di], ax
        mov     [bp+f_es], ax
        mov     [bp+f_al], al
        mov     ah, DISK_BAD_CALL
        jmp     floppy_status

floppy_type_sectors:                    ; by drive type from 1
        db      9, 15, 9, 18, 36

; DI = parameter table for CL sectors in a track.
floppy_table:
        mov     di, diskette_parameters
        cmp     cl, 18
        je      .done
        mov     di, diskette_parameters_36
        ja      .done
        mov     di, diskette_parameters_15
        cmp     cl, 15
        je      .done
        mov     di, diskette_parameters_9
.done:
        ret

diskette_parameters_9:
        db      0xDF, 0x02, 0x25, 0x02, 9, 0x2A, 0xFF, 0x50, 0xF6, 0x0F, 0x08
diskette_parameters_15:
        db      0xDF, 0x02, 0x25, 0x02, 15, 0x1B, 0xFF, 0x54, 0xF6, 0x0F, 0x08
diskette_parameters_36:
        db      0xAF, 0x02, 0x25, 0x02, 36, 0x1B, 0xFF, 0x54, 0xF6, 0x0F, 0x08

floppy_changed:                         ; AH=16h
        call    floppy_motor_on
        mov     ah, DISK_OK
        call    floppy_change_line
        jz      .done
        mov     ah, DISK_CHANGED
.done:
        ret

floppy_set_type:                        ; AH=17h: AL = 1 to 4; the diskette itself says what it is
        mov     ah, DISK_BAD_CALL
        dec     ax
        cmp     al, 4
        jae     .done
        mov     ah, DISK_OK
.done:
        ret

floppy_set_media:                       ; AH=18h: CH = last cylinder, CL = sectors in a track, for a format
        mov     ah, DISK_BAD_MEDIA
        and     cl, 0x3F
        cmp     cl, 36
        je      .table
        cmp     cl, 18
        je      .table
        cmp     cl, 15
        je      .table
        cmp     cl, 9
        je      .table
        cmp     cl, 8
        jne     .done
.table:
        call    floppy_table
        mov     [bp+f_di], di
        mov     word [bp+f_es], BIOS
        mov     ah, DISK_OK
.done:
        ret

; ---- AH=02h, 03h, 04h: AL sectors at CH, CL, DH, to or from ES:BX. AL = sectors done ----
floppy_read:
        mov     word [bp+q_mode], 0x4646        ; MFM; DMA single, to memory, channel 2
        jmp     floppy_transfer
floppy_write:
        mov     word [bp+q_mode], 0x454A
        jmp     floppy_transfer
floppy_verify:
        mov     word [bp+q_mode], 0x5600
floppy_transfer:
        mov     byte [bp+f_al], 0
        mov     ah, DISK_BAD_CALL
        test    al, al
        jz      floppy_sectors.done
        mov     [bp+q_count], al
        mov     [bp+q_cylinder], ch
        mov     [bp+q_head], dh
        and     cl, 0x3F
        mov     [bp+q_sector], cl
        movzx   eax, al
        shl     eax, 9
        call    floppy_address
        jc      floppy_sectors.done
        call    floppy_ready
        jnz     floppy_sectors.done

; The sectors of the request, track by track, and no command's DMA over a boundary of 64 KiB. AH = status; they are counted in the caller's AL.
floppy_sectors:
.track:
        movzx   si, byte [bp+q_drive]
        shl     si, 2
        mov     al, [si+b_floppy_geometry+g_sectors]
        sub     al, [bp+q_sector]
        jnc     .room
        mov     al, 0                   ; there is no such sector, as the controller will find
.room:
        inc     al
        cmp     al, [bp+q_count]
        jbe     .chunk
        mov     al, [bp+q_count]
.chunk:
        mov     [bp+q_chunk], al
        cmp     byte [bp+q_mode], 0
        je      .fits
        xor     cx, cx
        sub     cx, [bp+q_address]
        jz      .fits
        shr     cx, 9
        mov     ah, DISK_BOUNDARY
        jz      .said
        movzx   dx, al
        cmp     dx, cx
        jbe     .fits
        mov     [bp+q_chunk], cl
.fits:
        movzx   ax, byte [bp+q_chunk]
        shl     ax, 9
        dec     ax
        mov     [bp+q_length], ax
        call    floppy_seek
        jnz     .done
        call    floppy_dma
        mov     al, [bp+q_command]
        call    floppy_send_address
        mov     al, [bp+q_cylinder]
        call    floppy_send
        mov     al, [bp+q_head]
        call    floppy_send
        mov     al, [bp+q_sector]
        call    floppy_send
        mov     al, 2                   ; 512 bytes
        call    floppy_send
        mov     al, [bp+q_sector]       ; EOT: the last sector of this command
        add     al, [bp+q_chunk]
        dec     al
        call    floppy_send
        mov     bl, 5                   ; gap
        call    floppy_send_parameter
        mov     al, 0xFF
        call    floppy_send
        call    floppy_finish
        jnz     .failed
        mov     al, [bp+q_chunk]
        add     [bp+f_al], al
        sub     [bp+q_count], al
        jz      .done
        movzx   eax, al
        shl     eax, 9
        add     [bp+q_address], eax
        mov     al, [bp+q_chunk]
        add     [bp+q_sector], al
        movzx   si, byte [bp+q_drive]
        shl     si, 2
        mov     al, [bp+q_sector]
        cmp     al, [si+b_floppy_geometry+g_sectors]
        jbe     .track
        mov     byte [bp+q_sector], 1
        inc     byte [bp+q_head]
        mov     al, [bp+q_head]
        cmp     al, [si+b_floppy_geometry+g_heads]
        jb      .track
        mov     byte [bp+q_head], 0
        inc     byte [bp+q_cylinder]
        jmp     .track
.failed:
        and     byte [b_floppy_seek], 0xF0      ; perhaps the heads are elsewhere
        cmp     ah, DISK_TIMEOUT
        je      .said
        mov     al, [b_floppy_result+5] ; R: those before it were done
        sub     al, [bp+q_sector]
        jc      .said
        cmp     al, [bp+q_chunk]
        jae     .said
        add     [bp+f_al], al
.said:
        test    ah, ah
.done:
        ret

; q_address = ES:BX; CF, AH = 09h where EAX bytes from there on cross a boundary of 64 KiB and DMA is used.
floppy_address:
        movzx   edx, bx
        movzx   ebx, word [bp+f_es]
        shl     ebx, 4
        add     edx, ebx
        mov     [bp+q_address], edx
        cmp     byte [bp+q_mode], 0
        je      .good
        movzx   edx, dx
        add     edx, eax
        cmp     edx, 0x10000
        jbe     .good
        mov     ah, DISK_BOUNDARY
        stc
        ret
.good:
        clc
        ret

; ---- AH=05h: formats the track CH, DH with AL sectors, whose C, H, R and N are at ES:BX ----
floppy_format:
        mov     word [bp+q_mode], 0x4D4A
        mov     byte [bp+f_al], 0
        mov     ah, DISK_BAD_CALL
        test    al, al
        jz      .done
        mov     [bp+q_count], al
        mov     [bp+q_cylinder], ch
        mov     [bp+q_head], dh
        movzx   eax, al
        shl     eax, 2
        call    floppy_address
        jc      .done
        movzx   ax, byte [bp+q_count]
        shl     ax, 2
        dec     ax
        mov     [bp+q_length], ax
        call    floppy_ready
        jnz     .done
        call    floppy_seek
        jnz     .done
        call    floppy_dma
        mov     al, [bp+q_command]
        call    floppy_send_address
        mov     al, 2
        call    floppy_send
        mov     al, [bp+q_count]
        call    floppy_send
        mov     bl, 7                   ; gap of a format
        call    floppy_send_parameter
        mov     bl, 8                   ; fill byte
        call    floppy_send_parameter
        call    floppy_finish
.done:
        ret
