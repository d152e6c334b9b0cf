; Diskettes and disks that a CD emulates. El Torito Bootable CD-ROM Format Specification 1.0, sections 2.2 and 4.
;
; The emulated drive is 00h or 80h; a real drive of that number moves up by one. Its sectors of 512 bytes are read from blocks of 2048, and
; cannot be written.

EMULATED_DISK   equ 4                   ; media type: a hard disk; 1 to 3 are diskettes of 1.2, 1.44 and 2.88 MB

; Begins the emulation that the packet at e_boot_packet says. DS = EBDA, DI = e_cdrom. ZF, AL = sense key, or FEh for a disk without
; partitions. A hard disk's first sector comes to 0000:7C00. Changes all registers but DI and ES.
emulation_begin:
        push    es
        mov     eax, [e_boot_packet+4]
        mov     [e_emulated_start], eax
        mov     byte [e_boot_packet+2], 0
        mov     word [e_emulated_cylinders], 80
        mov     byte [e_emulated_heads], 2
        mov     al, [e_boot_packet+1]
        and     al, 0x0F
        mov     bl, al
        cmp     al, EMULATED_DISK
        je      .disk
        movzx   si, al
        mov     al, [cs:si+emulation_sectors-1]
        mov     [e_emulated_sectors], al
        push    ds
        push    byte BDA
        pop     ds
        test    byte [b_equipment], 0x01        ; a real drive A is B now
        jz      .first
        or      byte [b_equipment], 0x40
.first:
        or      byte [b_equipment], 0x01
        pop     ds
        jmp     .begin
.disk:
        mov     byte [e_boot_packet+2], 0x80
        xor     eax, eax
        mov     es, ax
        mov     bx, 0x7C00
        mov     cx, 1
        call    emulation_read
        jnz     .failed
        mov     al, [es:0x7DBE+5]       ; where the first partition ends says the geometry
        inc     ax
        mov     [e_emulated_heads], al
        mov     ax, [es:0x7DBE+6]
        mov     bl, al
        xchg    al, ah
        shr     ah, 6
        inc     ax
        mov     [e_emulated_cylinders], ax
        and     bl, 0x3F
        mov     [e_emulated_sectors], bl
        mov     al, 0xFE
        jz      .failed
        mov     bl, EMULATED_DISK
.begin:
        mov     [e_emulation], bl
        call    emulation_geometry
        mov     [e_boot_packet+0x10], ch
        mov     [e_boot_packet+0x11], cl
        mov     [e_boot_packet+0x12], dh
        xor     al, al
.failed:
        pop     es
        test    al, al
        ret

emulation_sectors:
        db      15, 18, 36

; CX, DH as AH=08h has them.
emulation_geometry:
        mov     cx, [e_emulated_cylinders]
        dec     cx
        xchg    cl, ch
        shl     cl, 6
        or      cl, [e_emulated_sectors]
        mov     dh, [e_emulated_heads]
        dec     dh
        ret

; CX sectors from sector EAX on to ES:BX. ZF, AL = sense key. Changes CX, DX, EBX. DS = EBDA, DI = e_cdrom.
emulation_read:
        push    si
        push    es
        mov     si, cx
.block:
        test    si, si
        mov     cl, 0
        jz      .done
        mov     cl, al
        and     cl, 3
        mov     [e_cd_skip], cl
        mov     ch, 4
        sub     ch, cl
        movzx   cx, ch
        cmp     cx, si
        jbe     .take
        mov     cx, si
.take:
        mov     [e_cd_take], cl
        sub     si, cx
        push    eax
        push    cx
        shr     eax, 2
        add     eax, [e_emulated_start]
        mov     cx, 1
        push    eax
        call    cdrom_read
        mov     cl, al
        pop     eax
        cmp     cl, KEY_ATTENTION       ; told once
        jne     .read
        mov     cx, 1
        call    cdrom_read
        mov     cl, al
.read:
        pop     ax
        movzx   edx, al
        pop     eax
        add     eax, edx
        test    cl, cl
        jz      .block
.done:
        mov     byte [e_cd_take], 0
        mov     al, cl
        pop     es
        pop     si
        test    al, al
        ret

; ---- INT 13h for the emulated drive ----

; ZF = DL is not emulated. Otherwise the service was done, and AH is its status, as disk_dispatch returns it. A real drive that has moved
; comes back with its own number in DL. DS is kept.
emulation_dispatch:
        push    ds
        push    word EBDA
        pop     ds
        cmp     byte [e_emulation], 0
        je      .done
        cmp     byte [bp+f_ah], 0x4A
        jb      .drive
        cmp     byte [bp+f_ah], 0x4C
        jbe     .real                   ; about emulations: for any drive
.drive:
        cmp     dl, [e_boot_packet+2]
        je      .ours
        cmp     dl, CD_DRIVE
        jae     .real
        xor     dl, [e_boot_packet+2]
        test    dl, 0x80                ; of the other kind
        jnz     .other
        dec     dl
.other:
        xor     dl, [e_boot_packet+2]
.real:
        cmp     dl, dl
.done:
        pop     ds
        ret
.ours:
        mov     di, e_cdrom
        call    emulation_service
        pop     ds
        push    ax
        or      al, 1
        pop     ax
        ret

emulation_service:
        mov     ah, [bp+f_ah]
        cmp     ah, 0x02
        je      .read
        cmp     ah, 0x04
        je      .verify
        cmp     ah, 0x08
        je      .parameters
        cmp     ah, 0x15
        je      .type
        cmp     ah, 0x01
        je      .last
        cmp     ah, 0x03
        je      .write
        cmp     ah, 0x05
        je      .write
        cmp     ah, 0x00
        je      disk_nothing
        cmp     ah, 0x0C
        je      disk_nothing
        cmp     ah, 0x0D
        je      disk_nothing
        cmp     ah, 0x10
        je      disk_nothing
        cmp     ah, 0x16
        je      disk_nothing
        jmp     disk_bad_call
.last:
        jmp     disk_last_status
.write:
        mov     byte [bp+f_al], 0
        mov     ah, DISK_PROTECTED
        jmp     disk_status
.parameters:
        call    emulation_geometry
        mov     [bp+f_cx], cx
        mov     [bp+f_dh], dh
        mov     byte [bp+f_al], 0
        mov     dl, 1
        cmp     byte [e_emulation], EMULATED_DISK
        je      .disks
        mov     bl, [e_emulation]
        mov     bh, 0
        mov     bl, [cs:bx+emulation_types-1]
        mov     [bp+f_bx], bx
        mov     cl, [e_emulated_sectors]
        call    floppy_table
        mov     [bp+f_di], di
        mov     word [bp+f_es], BIOS
        push    ds
        push    byte BDA
        pop     ds
        mov     dl, [b_equipment]
        pop     ds
        shr     dl, 6
        inc     dl
        jmp     .counted
.disks:
        push    ds
        push    byte BDA
        pop     ds
        add     dl, [b_disk_count]
        pop     ds
.counted:
        mov     [bp+f_dl], dl
        mov     ah, DISK_OK
        jmp     disk_status
.type:
        mov     byte [bp+f_ah], 1
        cmp     byte [e_emulation], EMULATED_DISK
        jne     .typed
        mov     byte [bp+f_ah], 3
        call    emulation_total
        mov     [bp+f_dx], ax
        shr     eax, 16
        mov     [bp+f_cx], ax
.typed:
        mov     ah, DISK_OK
        jmp     disk_status_only
.verify:
        call    emulation_address
        mov     ah, DISK_OK
        jnc     disk_status
.not_found:
        mov     ah, DISK_NOT_FOUND
        jmp     disk_status
.read:
        call    emulation_address
        mov     byte [bp+f_al], 0
        jc      .not_found
        push    cx
        push    es
        mov     es, [bp+f_es]
        mov     bx, [bp+f_bx]
        movzx   ebx, bx
        call    emulation_read
        pop     es
        pop     cx
        jnz     cdrom_status
        mov     [bp+f_al], cl
        mov     ah, DISK_OK
        jmp     disk_status

emulation_types:                        ; drive types, by media type
        db      2, 4, 5

; EAX = sectors of the drive.
emulation_total:
        movzx   eax, word [e_emulated_cylinders]
        movzx   ecx, byte [e_emulated_heads]
        imul    eax, ecx
        movzx   ecx, byte [e_emulated_sectors]
        imul    eax, ecx
        ret

; EAX = first sector, CX = how many, as the caller's registers say. CF = they are not on the drive.
emulation_address:
        call    emulation_total
        push    eax
        mov     cx, [bp+f_cx]
        movzx   eax, ch
        mov     ah, cl
        shr     ah, 6
        movzx   edx, byte [e_emulated_heads]
        imul    eax, edx
        cmp     [bp+f_dh], dl
        jae     .bad
        movzx   edx, byte [bp+f_dh]
        add     eax, edx
        movzx   edx, byte [e_emulated_sectors]
        imul    eax, edx
        and     cl, 0x3F
        jz      .bad
        cmp     cl, dl
        ja      .bad
        movzx   edx, cl
        lea     eax, [eax+edx-1]
        movzx   cx, byte [bp+f_al]
        jcxz    .bad
        movzx   edx, cx
        add     edx, eax
        pop     ecx
        cmp     ecx, edx
        movzx   ecx, byte [bp+f_al]
        ret
.bad:
        pop     eax
        stc
        ret

; ---- AH=4Ah, 4Bh, 4Ch: begins the emulation of the packet at DS:SI; ends it (AL = 0) and tells it; begins it and boots ----
emulation_call:
        mov     di, e_cdrom
        cmp     byte [bp+f_ah], 0x4B
        je      .tell
        cmp     byte [bp+f_al], 0
        jne     disk_bad_call
        push    ds
        push    es
        push    ds
        pop     es
        mov     ds, [bp+f_ds]
        mov     si, [bp+f_si]
        mov     di, e_boot_packet
        mov     cx, 0x13
        rep     movsb
        pop     es
        pop     ds
        mov     di, e_cdrom
        mov     al, [e_boot_packet+1]
        and     al, 0x0F
        jz      .none
        cmp     al, EMULATED_DISK
        ja      disk_bad_call
        call    emulation_begin
        jnz     cdrom_status
.none:
        mov     ah, DISK_OK
        cmp     byte [bp+f_ah], 0x4C
        jne     disk_status
        mov     ax, [e_boot_packet+12]
        test    ax, ax
        jnz     .segment
        mov     word [e_boot_packet+12], 0x07C0
.segment:
        sti
        call    cdrom_load_packet
        mov     ah, DISK_BAD_DATA
        jmp     disk_status
.tell:
        cmp     byte [bp+f_al], 1
        ja      disk_bad_call
        cmp     byte [e_boot_packet], 0x13
        jne     disk_bad_call
        push    es
        mov     es, [bp+f_ds]
        mov     di, [bp+f_si]
        mov     si, e_boot_packet
        mov     cx, 0x13
        rep     movsb
        pop     es
        cmp     byte [bp+f_al], 0
        jne     .told
        mov     byte [e_emulation], 0
.told:
        mov     ah, DISK_OK
        jmp     disk_status
