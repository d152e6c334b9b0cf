; The boot sector: loads the kernel by INT 13h and jumps to it.
;
; The BIOS starts us at 0000:7C00 (some at 07C0:0000) in real mode, with the drive number in DL and nothing else promised.
; Sectors are read one at a time by cylinder, head and sector (AH=02h): slow, but every BIOS since 1981 can do it, from
; floppies and hard disks alike.

boot:
        jmp     0:.start                ; CS := 0, whatever it was
        nop
.start:
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, BOOT_SECTOR
        sti
        cld
        mov     [BOOT_DRIVE], dl

        mov     ah, 08h                 ; get drive parameters: CL bits 5-0 = sectors per track, DH = last head
        xor     di, di                  ; ES:DI = 0 guards against a BIOS bug
        int     13h
        jc      .failed
        xor     ax, ax
        mov     es, ax                  ; floppies: ES:DI now points to a parameter table
        and     cx, 3Fh
        jz      .failed
        mov     [sectors_per_track], cx
        mov     dl, dh
        xor     dh, dh
        inc     dx
        mov     [heads], dx

        mov     si, 1                   ; SI = logical sector, BX = where it goes
        mov     bx, KERNEL
.next:
        mov     bp, 3                   ; attempts: real floppies need them
.again:
        mov     ax, si
        xor     dx, dx
        div     word [sectors_per_track]
        mov     cx, dx
        inc     cx                      ; sectors count from 1
        xor     dx, dx
        div     word [heads]            ; AX = cylinder, DX = head
        mov     dh, dl
        mov     dl, [BOOT_DRIVE]
        mov     ch, al
        shl     ah, 6
        or      cl, ah                  ; cylinder bits 9-8
        mov     ax, 0201h               ; read one sector to ES:BX
        int     13h
        jnc     .loaded
        dec     bp
        jz      .failed
        xor     ax, ax                  ; reset the drive and try again
        mov     dl, [BOOT_DRIVE]
        int     13h
        jmp     .again
.loaded:
        inc     si
        add     bx, SECTOR
        cmp     si, KERNEL_SECTORS
        jbe     .next
        jmp     0:real_mode_start

.failed:
        mov     si, .message
.print:
        lodsb
        test    al, al
        jz      .stop
        mov     ah, 0Eh                 ; teletype output
        mov     bx, 0007h
        int     10h
        jmp     .print
.stop:
        hlt
        jmp     .stop
.message:
        db      "The demo disk cannot be read.", 0

sectors_per_track:
        dw      0
heads:  dw      0

; The kernel reads this sector again by itself, without the BIOS, and shows this line.
greeting:
        db      "Hello from sector 0, without BIOS.", 0

        times   440 - ($ - $$) db 0
        dd      "DEMO"                  ; disk signature, as partitioning programs know it
        dw      0
        db      80h                     ; one active partition that spans the disk: some BIOSes want to see one
        db      0, 2, 0                 ;   first sector: cylinder 0, head 0, sector 2
        db      0DAh                    ;   type: data without a file system
        db      15, 63, 0               ;   last sector
        dd      1, DISK_SECTORS - 1
        times   510 - ($ - $$) db 0
        dw      0AA55h
