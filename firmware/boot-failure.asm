; Nothing boots: says on the screen what was met on each drive, and tries again after a key.

boot_failed:
        POST_CODE 0x0E
        push    word EBDA
        pop     ds
        mov     si, message_nothing
        call    print
        xor     bx, bx
.drive:
        mov     si, message_drive
        call    print
        mov     al, 0x80
        add     al, bl
        call    print_hex
        mov     al, [bx+e_boot_result]
        mov     si, message_no_drive
        cmp     al, BOOT_NO_DRIVE
        je      .say
        mov     si, message_no_mark
        cmp     al, BOOT_NO_MARK
        je      .say
        mov     si, message_not_tried
        cmp     al, BOOT_NOT_TRIED
        je      .say
        mov     si, message_started
        test    al, al
        jz      .say
        mov     si, message_read_error
        call    print
        call    print_hex
        mov     si, message_h
.say:
        call    print
        inc     bx
        cmp     bx, 4
        jb      .drive
        mov     dl, 0
        call    floppy_type
        jz      .cdrom
        mov     si, message_floppy
        call    print
        mov     al, [e_boot_floppy]
        mov     si, message_no_diskette
        cmp     al, DISK_TIMEOUT
        je      .say_floppy
        mov     si, message_no_mark
        cmp     al, BOOT_NO_MARK
        je      .say_floppy
        mov     si, message_not_tried
        cmp     al, BOOT_NOT_TRIED
        je      .say_floppy
        mov     si, message_started
        test    al, al
        jz      .say_floppy
        mov     si, message_read_error
        call    print
        call    print_hex
        mov     si, message_h
.say_floppy:
        call    print
.cdrom:
        test    byte [e_cdrom+d_flags], D_CDROM
        jz      .remedy
        mov     si, message_cdrom
        call    print
        mov     al, [e_boot_cdrom]
        mov     si, message_read_sense
        test    al, CD_READ_ERROR
        jnz     .sense
        movzx   bx, al
        add     bx, bx
        mov     si, [cs:bx+cdrom_messages]
        call    print
        jmp     .remedy
.sense:
        call    print
        and     al, 0x0F
        call    print_hex
        mov     si, message_h
        call    print
.remedy:
        mov     si, message_remedy
        call    print
        mov     ah, 0x10                ; INT 16h halts between keys
        int     0x16
        mov     si, message_again
        call    print
        push    byte BDA
        pop     ds
        mov     byte [b_disk_count], 0
        call    ata_detect              ; perhaps there is one now
        int     0x19

message_nothing:
        db      13, 10, "Nothing to boot.", 13, 10, 0
message_drive:
        db      "  disk ", 0
message_no_drive:
        db      "h: no such drive", 13, 10, 0
message_no_mark:
        db      "h: sector 0 was read, but does not end in 55 AA: no boot sector", 13, 10, 0
message_not_tried:
        db      "h: not in the boot order", 13, 10, 0
message_started:
        db      "h: was started, but gave control back", 13, 10, 0
message_read_error:
        db      "h: sector 0 could not be read, INT 13h status ", 0
message_h:
        db      "h", 13, 10, 0
message_floppy:
        db      "  diskette 00", 0
message_no_diskette:
        db      "h: no diskette", 13, 10, 0
message_remedy:
        db      "Attach a disk, a diskette or a disc that boots. Any key tries again.", 13, 10, 0
message_again:
        db      13, 10, "Trying again.", 13, 10, 0

message_cdrom:
        db      "  CD-ROM: ", 0
message_read_sense:
        db      "the disc could not be read, sense key ", 0
cdrom_messages:                         ; by CD_STARTED and so on
        dw      .started, .no_disc, .no_record, .bad_catalog, .no_partition, .too_large, .not_tried
.started:
        db      "was started, but gave control back", 13, 10, 0
.no_disc:
        db      "there is no disc in the drive", 13, 10, 0
.no_record:
        db      "the disc has no El Torito boot record", 13, 10, 0
.bad_catalog:
        db      "the boot catalog of the disc is not valid", 13, 10, 0
.no_partition:
        db      "the disc wants a disk emulated that has no partition", 13, 10, 0
.too_large:
        db      "what the disc boots does not fit below 640 KB", 13, 10, 0
.not_tried:
        db      "not in the boot order", 13, 10, 0
