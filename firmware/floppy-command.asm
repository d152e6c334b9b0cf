; Commands to the diskette controller: DMA, bytes of command and result phases, and waiting. Routines work on a request q_ below BP; DS = BDA.

; DMA channel 2: q_length + 1 bytes at q_address in mode q_mode.
floppy_dma:
        cmp     byte [bp+q_mode], 0
        je      .done
        pushf
        cli
        mov     al, 0x06                ; mask channel 2
        out     0x0A, al
        out     0x0C, al                ; first byte first
        mov     al, [bp+q_mode]
        out     0x0B, al
        mov     al, [bp+q_address]
        out     0x04, al
        mov     al, [bp+q_address+1]
        out     0x04, al
        mov     al, [bp+q_address+2]
        out     0x81, al
        mov     al, [bp+q_length]
        out     0x05, al
        mov     al, [bp+q_length+1]
        out     0x05, al
        mov     al, 0x02
        out     0x0A, al
        popf
.done:
        ret

; Waits for the end of a command that met sectors, and reads its result. ZF, AH = status.
floppy_finish:
        call    floppy_wait
        jc      .timeout
        call    floppy_result
        mov     byte [b_floppy_motor], FLOPPY_PATIENCE
        mov     ah, DISK_OK
        mov     al, [b_floppy_result]
        test    al, 0xC0
        jz      .done
        mov     al, [b_floppy_result+1] ; ST1
        mov     ah, DISK_PROTECTED
        test    al, 0x02
        jnz     .done
        mov     ah, DISK_OVERRUN
        test    al, 0x10
        jnz     .done
        mov     ah, DISK_BAD_DATA
        test    al, 0x20
        jnz     .done
        mov     ah, DISK_NOT_FOUND
        test    al, 0x84
        jnz     .done
        mov     ah, DISK_BAD_MARK
        test    al, 0x01
        jnz     .done
        mov     ah, DISK_CONTROLLER
        jmp     .done
.timeout:
        call    floppy_reset            ; the command still waits
        mov     ah, DISK_TIMEOUT
.done:
        test    ah, ah
        ret

; ---- bytes ----

; The command AL and its second byte: the drive, and head q_head.
floppy_send_address:
        call    floppy_send_clean
        mov     al, [bp+q_head]
        shl     al, 2
        and     al, 0x04
        or      al, [bp+q_drive]
        jmp     floppy_send

; A command's first byte: no interrupt of before counts.
floppy_send_clean:
        and     byte [b_floppy_seek], 0x7F
        jmp     floppy_send

; Byte BL of the diskette parameter table that INT 1Eh points to.
floppy_send_parameter:
        push    es
        push    di
        push    ds
        xor     ax, ax
        mov     ds, ax
        les     di, [0x1E*4]
        pop     ds
        mov     bh, 0
        mov     al, [es:bx+di]
        pop     di
        pop     es

; AL to the FIFO. CF = the controller does not take it. Changes AH, DX.
floppy_send:
        push    cx
        mov     ah, al
        mov     dx, FLOPPY_MSR
        mov     cx, 0xFFFF
.poll:
        in      al, dx
        and     al, 0xC0
        cmp     al, 0x80
        loopne  .poll
        stc
        jne     .done
        inc     dx
        mov     al, ah
        out     dx, al
        clc
.done:
        pop     cx
        ret

; The result phase to 40:42, seven bytes at most.
floppy_result:
        push    cx
        push    di
        xor     di, di
.byte:
        mov     dx, FLOPPY_MSR
        mov     cx, 0xFFFF
.poll:
        in      al, dx
        test    al, 0x80
        loopz   .poll
        and     al, 0xD0
        cmp     al, 0xD0
        jne     .done
        inc     dx
        in      al, dx
        mov     [di+b_floppy_result], al
        inc     di
        cmp     di, 7
        jb      .byte
.done:
        pop     di
        pop     cx
        ret

; Halts until IRQ 6 has come. Where it is masked, the controller is looked at with every tick. CF = nothing came.
floppy_wait:
        push    ax
        push    cx
        push    dx
        mov     cx, FLOPPY_PATIENCE
        mov     dx, FLOPPY_MSR
        mov     ah, [b_ticks]
.again:
        cli
        test    byte [b_floppy_seek], 0x80
        jnz     .came
        sti
        hlt
        cmp     ah, [b_ticks]
        je      .again
        mov     ah, [b_ticks]
        in      al, dx
        test    al, 0x0F                ; seeking
        jnz     .next
        and     al, 0xD0
        cmp     al, 0x80                ; no command
        je      .came
        cmp     al, 0xD0                ; a result
        je      .came
.next:
        loop    .again
        sti
        stc
        jmp     .done
.came:
        and     byte [b_floppy_seek], 0x7F
        sti
        clc
.done:
        pop     dx
        pop     cx
        pop     ax
        ret
