; The disk: the first drive of the first ATA channel, read by programmed I/O, polled (ATA/ATAPI-6, "PIO data-in").

ATA             equ 1F0h                ; the command block
ATA_DATA        equ ATA
ATA_COUNT       equ ATA + 2
ATA_LBA_LOW     equ ATA + 3
ATA_LBA_MID     equ ATA + 4
ATA_LBA_HIGH    equ ATA + 5
ATA_DEVICE      equ ATA + 6
ATA_STATUS      equ ATA + 7             ; reads; writes are commands
ATA_CONTROL     equ 3F6h

BSY             equ 80h
DRQ             equ 08h
ERR             equ 01h
READ_SECTORS    equ 20h
IDENTIFY        equ 0ECh

        bits 32
; Passed when sector 0 can be read and ends in 55h AAh.
disk_check:
        pushad
        mov     dx, ATA_CONTROL
        mov     al, 02h                 ; nIEN: we poll
        out     dx, al

        mov     bl, IDENTIFY
        mov     edi, IDENTIFY_BUFFER
        call    ata_read
        jc      .failed
        mov     esi, IDENTIFY_BUFFER + 27 * 2   ; words 27-46: model, two characters a word, first one high
        mov     edi, .model
        mov     ecx, 20
.swap:
        lodsw
        xchg    al, ah
        stosw
        loop    .swap
        mov     edi, in_box(ROW_DISK, LEFT, 1) + 2 * 9
        mov     esi, .model
        mov     ecx, HALF - 4 - 9
        mov     ah, VALUE
        call    put_field

        mov     bl, READ_SECTORS
        mov     edi, SECTOR_BUFFER
        call    ata_read
        jc      .failed
        mov     edi, in_box(ROW_DISK, LEFT, 2) + 2 * 9
        mov     esi, .signature
        mov     ah, LABEL
        call    put_string
        mov     ah, VALUE
        mov     dl, [SECTOR_BUFFER + 510]
        call    put_hex8
        mov     al, " "
        call    put_char
        mov     dl, [SECTOR_BUFFER + 511]
        call    put_hex8
        mov     edi, in_box(ROW_DISK, LEFT, 3)
        mov     esi, SECTOR_BUFFER + (greeting - BOOT_SECTOR)
        mov     ecx, GREETING_SHOWN
        call    put_field
        cmp     word [SECTOR_BUFFER + 510], 0AA55h
        jne     .failed
        popad
        clc
        ret
.failed:
        mov     edi, in_box(ROW_DISK, LEFT, 3)
        mov     esi, .none
        mov     ah, BAD
        call    put_string
        popad
        stc
        ret
.signature:     db "ends in ", 0
.none:          db "No answer from the first ATA drive.", 0
.model:         times 40 db " "
GREETING_SHOWN  equ 34

ata_read:                               ; BL = command for sector 0, EDI = buffer, CF = 1: no answer or an error
        pushad
        mov     dx, ATA_DEVICE
        mov     al, 0E0h                ; device 0, LBA
        out     dx, al
        call    .ready
        jc      .done
        mov     dx, ATA_COUNT
        mov     al, 1
        out     dx, al
        xor     al, al
        inc     dx                      ; ATA_LBA_LOW, MID, HIGH
        out     dx, al
        inc     dx
        out     dx, al
        inc     dx
        out     dx, al
        mov     dx, ATA_STATUS
        mov     al, bl
        out     dx, al
        call    .ready
        jc      .done
        mov     dx, ATA_STATUS
        in      al, dx
        test    al, ERR
        jnz     .error
        test    al, DRQ
        jz      .error
        mov     dx, ATA_DATA
        mov     ecx, SECTOR / 2
        rep     insw
        clc
.done:
        popad
        ret
.error:
        stc
        jmp     .done

.ready:                                 ; waits for BSY = 0; the status is valid 400 ns after a write: four reads of the
        push    ecx                     ; alternate status take that long
        mov     dx, ATA_CONTROL
        in      al, dx
        in      al, dx
        in      al, dx
        in      al, dx
        mov     ecx, 1000000
.poll:
        in      al, dx
        test    al, BSY
        jz      .idle
        loop    .poll
        pop     ecx
        stc
        ret
.idle:
        pop     ecx
        clc
        ret
