; The diskette controller, an 82077AA at 3F0h with IRQ 6 and DMA channel 2. Routines work on a request q_ below BP; DS = BDA.
; Where they return AH = status of INT 13h, ZF says that it is 0.

FLOPPY_DOR      equ 0x3F2
FLOPPY_MSR      equ 0x3F4
FLOPPY_FIFO     equ 0x3F5
FLOPPY_DIR      equ 0x3F7

; ---- what is known of a drive's diskette: four bytes at b_floppy_geometry ----
g_sectors       equ 0                   ; 0: nothing is known
g_heads         equ 1
g_cylinders     equ 2
g_rate          equ 3

FLOPPY_PATIENCE equ 37                  ; ticks that an interrupt is waited for

; IRQ 6.
int_0E:
        push    ax
        push    ds
        push    byte BDA
        pop     ds
        or      byte [b_floppy_seek], 0x80
        mov     al, 0x20
        out     0x20, al
        pop     ds
        pop     ax
        iret

; At POST: counts the drives, and resets the controller where there are some.
floppy_init:
        mov     al, 0x10
        call    cmos_read
        test    al, al
        jz      .done
        or      byte [b_equipment], 0x01
        test    al, 0x0F
        jz      .reset
        or      byte [b_equipment], 0x40
.reset:
        call    floppy_reset
.done:
        ret

; AH=00h, too. AH = 0 or 20h.
floppy_reset:
        push    cx
        and     byte [b_floppy_seek], 0x70      ; no drive's head is where we know
        mov     dx, FLOPPY_DOR
        mov     al, [b_floppy_motors]
        and     al, 0x0F
        shl     al, 4
        or      al, 0x08
        out     dx, al
        out     0x80, al                ; RESET# takes a moment
        or      al, 0x04
        out     dx, al
        call    floppy_wait
        mov     cx, 4
.sense:
        mov     al, 0x08
        call    floppy_send
        call    floppy_result
        loop    .sense
        mov     al, 0x03                ; SPECIFY
        call    floppy_send
        mov     bl, 0
        call    floppy_send_parameter
        mov     bl, 1
        call    floppy_send_parameter
        mov     ah, DISK_OK
        jnc     .done
        mov     ah, DISK_CONTROLLER
.done:
        pop     cx
        test    ah, ah
        ret

; Selects the drive and switches its motor on; it runs for another two seconds after the last call.
floppy_motor_on:
        push    ax
        push    cx
        mov     byte [b_floppy_motor], 0xFF
        mov     cl, [bp+q_drive]
        mov     al, 1
        shl     al, cl
        or      al, [b_floppy_motors]
        and     al, 0x0F
        mov     ah, cl
        shl     ah, 4
        or      ah, al
        mov     [b_floppy_motors], ah
        shl     al, 4
        or      al, 0x0C
        or      al, cl
        mov     dx, FLOPPY_DOR
        out     dx, al
        mov     byte [b_floppy_motor], FLOPPY_PATIENCE
        pop     cx
        pop     ax
        ret

; From INT 08h, when the time is over.
floppy_motors_off:
        and     byte [b_floppy_motors], 0xF0
        mov     dx, FLOPPY_DOR
        mov     al, [b_floppy_motors]
        shr     al, 4
        and     al, 0x03
        or      al, 0x0C
        out     dx, al
        ret

; ZF = the selected drive's diskette was not changed.
floppy_change_line:
        mov     dx, FLOPPY_DIR
        in      al, dx
        test    al, 0x80
        ret

; Motor on, a diskette in, its format known, the heads calibrated. AH = status: 06h when the diskette is another one than the one that was
; known, 80h when there is none.
floppy_ready:
        call    floppy_motor_on
        movzx   si, byte [bp+q_drive]
        shl     si, 2
        call    floppy_change_line
        jnz     .changed
        cmp     byte [si+b_floppy_geometry+g_sectors], 0
        je      .find
        mov     al, [si+b_floppy_geometry+g_rate]
        call    floppy_set_rate
        xor     ah, ah
        ret
.changed:
        mov     bl, [si+b_floppy_geometry+g_sectors]
        mov     byte [si+b_floppy_geometry+g_sectors], 0
        push    bx
        mov     bl, [bp+q_cylinder]
        push    bx
        call    floppy_recalibrate
        mov     byte [bp+q_cylinder], 1         ; steps clear the line, with a diskette in
        call    floppy_seek
        mov     byte [bp+q_cylinder], 0
        call    floppy_seek
        pop     bx
        mov     [bp+q_cylinder], bl
        pop     bx
        call    floppy_change_line
        mov     ah, DISK_TIMEOUT
        jnz     .failed
        mov     ah, DISK_CHANGED
        test    bl, bl
        jnz     .failed
.find:
        call    floppy_find
        ret
.failed:
        test    ah, ah
        ret

; Finds out how the diskette is written: the first rate at which an ID can be read, the sides, and the last sector of a track.
floppy_find:
        mov     bl, [bp+q_cylinder]
        mov     bh, [bp+q_head]
        push    bx
        mov     byte [bp+q_cylinder], 0
        mov     byte [bp+q_head], 0
        call    floppy_recalibrate
        jnz     .out
        mov     di, floppy_formats
.rate:
        mov     al, [cs:di]
        cmp     al, 0xFF
        je      .none
        call    floppy_set_rate
        call    floppy_read_id
        jz      .found
        cmp     ah, DISK_TIMEOUT
        je      .out
        add     di, 4
        jmp     .rate
.none:
        mov     ah, DISK_BAD_MARK
        jmp     .out
.found:
        mov     al, [cs:di]
        mov     [si+b_floppy_geometry+g_rate], al
        mov     ch, [cs:di+1]           ; sectors that are likely, the larger number first
        call    floppy_has_sector
        jz      .count
        mov     ch, [cs:di+2]
        call    floppy_has_sector
        jz      .count
        mov     ch, 0
.count:
        inc     ch
        call    floppy_has_sector
        jz      .count
        dec     ch
        mov     cl, 1
        mov     byte [bp+q_head], 1
        call    floppy_read_id
        jnz     .side
        inc     cx
.side:
        mov     byte [bp+q_head], 0
        mov     [si+b_floppy_geometry+g_heads], cl
        mov     cl, 80
        cmp     byte [cs:di+3], 0       ; may have 40 cylinders
        je      .cylinders
        mov     byte [bp+q_cylinder], 79
        call    floppy_seek
        jnz     .forty
        call    floppy_read_id
        jz      .cylinders
.forty:
        mov     cl, 40
.cylinders:
        mov     [si+b_floppy_geometry+g_cylinders], cl
        mov     ah, DISK_BAD_MARK
        test    ch, ch
        jz      .out
        mov     [si+b_floppy_geometry+g_sectors], ch
        xor     ah, ah
.out:
        pop     bx
        mov     [bp+q_cylinder], bl
        mov     [bp+q_head], bh
        test    ah, ah
        ret

; Rate, sectors in a track, fewer ones, whether there are diskettes of 40 cylinders.
floppy_formats:
        db      0, 18, 15, 0
        db      2, 9, 8, 1
        db      3, 36, 36, 0
        db      1, 9, 8, 1
        db      0xFF

; Rate AL: 0 is 500 kbit/s, 1 300, 2 250, 3 1000.
floppy_set_rate:
        push    dx
        mov     dx, FLOPPY_DIR
        out     dx, al
        push    ax
        ror     al, 2
        mov     [b_floppy_rate], al
        pop     ax
        pop     dx
        ret

; ZF, AH: an ID came by under head q_head.
floppy_read_id:
        mov     al, 0x4A
        call    floppy_send_address
        jmp     floppy_finish

; ZF, AH: the track has a sector CH.
floppy_has_sector:
        mov     al, 0x56                ; VERIFY
        call    floppy_send_address
        mov     al, [bp+q_cylinder]
        call    floppy_send
        mov     al, [bp+q_head]
        call    floppy_send
        mov     al, ch
        call    floppy_send
        mov     al, 2
        call    floppy_send
        mov     al, ch
        call    floppy_send
        mov     bl, 5
        call    floppy_send_parameter
        mov     al, 0xFF
        call    floppy_send
        jmp     floppy_finish

; ---- seeks ----

; To cylinder q_cylinder, unless the heads are there.
floppy_seek:
        push    cx
        push    si
        mov     cl, [bp+q_drive]
        mov     al, 1
        shl     al, cl
        test    [b_floppy_seek], al
        jnz     .calibrated
        call    floppy_recalibrate
        jnz     .done
.calibrated:
        movzx   si, byte [bp+q_drive]
        mov     al, [bp+q_cylinder]
        xor     ah, ah
        cmp     al, [si+b_floppy_cylinder]
        je      .done
        mov     al, 0x0F
        call    floppy_send_address
        mov     al, [bp+q_cylinder]
        call    floppy_send
        call    floppy_sense
        jnz     .done
        mov     al, [bp+q_cylinder]
        mov     [si+b_floppy_cylinder], al
.done:
        pop     si
        pop     cx
        test    ah, ah
        ret

; To cylinder 0; twice where the first 79 steps do not lead there.
floppy_recalibrate:
        push    cx
        push    si
        mov     cx, 2
.again:
        mov     al, 0x07
        call    floppy_send_clean
        mov     al, [bp+q_drive]
        call    floppy_send
        call    floppy_sense
        loopnz  .again
        jnz     .done
        movzx   si, byte [bp+q_drive]
        mov     byte [si+b_floppy_cylinder], 0
        mov     cx, si
        mov     al, 1
        shl     al, cl
        or      [b_floppy_seek], al
.done:
        pop     si
        pop     cx
        test    ah, ah
        ret

; The end of a seek. ZF, AH = 0, 40h or 80h.
floppy_sense:
        call    floppy_wait
        mov     ah, DISK_TIMEOUT
        jc      .done
        mov     al, 0x08
        call    floppy_send
        call    floppy_result
        mov     ah, DISK_OK
        mov     al, [b_floppy_result]
        and     al, 0xE0
        cmp     al, 0x20                ; IC = 0, SE
        je      .done
        mov     ah, DISK_SEEK
.done:
        test    ah, ah
        ret
