; Starts what a CD boots. El Torito Bootable CD-ROM Format Specification 1.0.

; e_boot_cdrom: why the disc was not booted.
CD_STARTED      equ 0
CD_NO_DISC      equ 1
CD_NO_RECORD    equ 2
CD_BAD_CATALOG  equ 3
CD_NO_PARTITION equ 4
CD_TOO_LARGE    equ 5
CD_NOT_TRIED    equ 6
CD_READ_ERROR   equ 0x80                ; and the sense key

cdrom_mark:
        db      0, "CD001", 1, "EL TORITO SPECIFICATION", 0
cdrom_mark_end:

; Starts the disc, or returns AL = why not. The sectors for the way there come to 0000:7C00.
cdrom_boot:
        push    word EBDA
        pop     ds
        mov     di, e_cdrom
        call    cdrom_capacity
        mov     ah, CD_NO_DISC
        jnz     .done
        mov     eax, 17                 ; boot record volume descriptor
        call    .read
        jnz     .unreadable
        push    di
        mov     di, 0x7C00
        mov     si, cdrom_mark
        mov     cx, cdrom_mark_end - cdrom_mark
        cs repe cmpsb
        pop     di
        mov     ah, CD_NO_RECORD
        jne     .done
        mov     eax, [es:0x7C47]        ; boot catalog
        call    .read
        jnz     .unreadable
        mov     ah, CD_BAD_CATALOG      ; validation entry: 01h, x86, 55 AA, and all words add up to 0
        cmp     word [es:0x7C00], 0x0001
        jne     .done
        cmp     word [es:0x7C1E], 0xAA55
        jne     .done
        xor     bx, bx
        xor     dx, dx
.sum:
        add     dx, [es:bx+0x7C00]
        inc     bx
        inc     bx
        cmp     bx, 32
        jb      .sum
        test    dx, dx
        jnz     .done
        cmp     byte [es:0x7C20], 0x88  ; initial entry: bootable
        jne     .done
        mov     al, [es:0x7C21]         ; media type
        and     al, 0x0F
        cmp     al, EMULATED_DISK
        ja      .done
        jmp     cdrom_load

; Block EAX to 0000:7C00. ZF, AL = sense key; ES = 0.
.read:
        xor     cx, cx
        mov     es, cx
        mov     bx, 0x7C00
        inc     cx
        jmp     cdrom_read

.unreadable:
        mov     ah, al
        or      ah, CD_READ_ERROR
.done:
        mov     al, ah
        ret

; The initial entry is at 0000:7C20: fills the specification packet, loads the image, jumps.
cdrom_load:
        mov     ax, [es:0x7C22]         ; load segment
        test    ax, ax
        jnz     .segment
        mov     ax, 0x07C0
.segment:
        mov     cx, [es:0x7C26]         ; sectors of 512 bytes
        mov     edx, [es:0x7C28]        ; first block
        mov     byte [e_boot_packet], 0x13
        mov     bl, [es:0x7C21]
        mov     [e_boot_packet+1], bl
        mov     byte [e_boot_packet+2], CD_DRIVE
        mov     byte [e_boot_packet+3], 0
        mov     [e_boot_packet+4], edx
        mov     dword [e_boot_packet+8], 0
        mov     [e_boot_packet+12], ax
        mov     [e_boot_packet+14], cx
        mov     dword [e_boot_packet+16], 0
        mov     bl, [di+d_select]       ; device specification: bit 0, slave
        shr     bl, 4
        and     bl, 1
        mov     [e_boot_packet+8], bl
        cmp     byte [di+d_port+1], 0x01
        jne     .channel
        cmp     byte [di+d_port], 0xF0
        je      .channel
        mov     byte [e_boot_packet+3], 1       ; second controller
.channel:
        test    byte [e_boot_packet+1], 0x0F
        jz      cdrom_load_packet
        call    emulation_begin
        jz      cdrom_load_packet
        mov     ah, CD_NO_PARTITION
        cmp     al, 0xFE
        je      cdrom_load_packet.failed
        mov     ah, al
        or      ah, CD_READ_ERROR
        jmp     cdrom_load_packet.failed

; Loads what the specification packet says, and jumps there. Returns AL = why not.
cdrom_load_packet:
        mov     edx, [e_boot_packet+4]
        mov     ax, [e_boot_packet+12]
        movzx   ecx, word [e_boot_packet+14]
        add     ecx, 3                  ; whole blocks; they must end below the EBDA
        shr     ecx, 2
        movzx   ebx, ax
        shl     ebx, 4
        mov     esi, ecx
        shl     esi, 11
        add     ebx, esi
        cmp     ebx, EBDA * 16
        mov     ah, CD_TOO_LARGE
        ja      .failed
        mov     es, [e_boot_packet+12]
        xor     bx, bx
        mov     eax, edx
        jcxz    .loaded
        test    byte [e_boot_packet+1], 0x0F
        jz      .blocks
        xor     eax, eax
        mov     cx, [e_boot_packet+14]
        call    emulation_read
        jmp     .read
.blocks:
        call    cdrom_read
.read:
        jz      .loaded
        mov     ah, al
        or      ah, CD_READ_ERROR
        jmp     .failed
.loaded:
        POST_CODE 0x0D
        mov     ax, [e_boot_packet+12]
        mov     bx, 0
        cmp     ax, 0x07C0              ; the usual place by its usual name
        jne     .jump
        mov     ax, 0
        mov     bx, 0x7C00
.jump:
        push    ax
        push    bx
        movzx   edx, byte [e_boot_packet+2]
        CLEAR_FOR_BOOT
        retf
.failed:
        mov     byte [e_emulation], 0
        mov     byte [e_boot_packet], 0
        mov     al, ah
        ret
