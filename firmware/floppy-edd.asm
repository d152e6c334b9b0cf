; INT 13h AH=41h-48h for diskettes: a courtesy to boot sectors that were written for whatever drive they come from. Phoenix Enhanced Disk Drive
; Specification 3.0, packets of 10h bytes at DS:SI.

; Comes from floppy_dispatch with SI = AH. Returns AH = status.
floppy_edd:
        cmp     si, 0x41
        je      .check
        cmp     si, 0x47
        je      .nothing
        cmp     si, 0x48
        je      .parameters
        mov     word [bp+q_mode], 0x4646
        cmp     si, 0x42
        je      .transfer
        mov     word [bp+q_mode], 0x454A
        cmp     si, 0x43
        je      .transfer
        mov     word [bp+q_mode], 0x5600
        cmp     si, 0x44
        je      .transfer
.bad:
        mov     ah, DISK_BAD_CALL
        jmp     floppy_status
.check:
        cmp     word [bp+f_bx], 0x55AA
        jne     .bad
        mov     word [bp+f_bx], 0xAA55
        mov     word [bp+f_cx], 0x0001  ; packets
        mov     byte [bp+f_ah], 0x21    ; EDD 1.1
        mov     byte [b_floppy_status], DISK_OK
        add     sp, 2                   ; AH is no status here: carry is clear
        add     sp, q_size
        CARRY_CLEAR
        SERVICE_LEAVE
.nothing:
        mov     ah, DISK_OK
        jmp     floppy_status

.parameters:
        call    floppy_ready
        jnz     floppy_status
        call    .total
        push    es
        mov     es, [bp+f_ds]
        mov     di, [bp+f_si]
        mov     ah, DISK_BAD_CALL
        cmp     word [es:di], 0x1A
        jb      .short
        mov     word [es:di], 0x1A
        mov     word [es:di+2], 0x0016  ; geometry is valid, removable, change line
        movzx   ecx, byte [si+b_floppy_geometry+g_cylinders]
        mov     [es:di+4], ecx
        mov     cl, [si+b_floppy_geometry+g_heads]
        mov     [es:di+8], ecx
        mov     cl, [si+b_floppy_geometry+g_sectors]
        mov     [es:di+12], ecx
        mov     [es:di+16], edx
        mov     dword [es:di+20], 0
        mov     word [es:di+24], 512
        mov     ah, DISK_OK
.short:
        pop     es
        jmp     floppy_status

; EDX = sectors of the diskette, SI = where its geometry is.
.total:
        movzx   si, byte [bp+q_drive]
        shl     si, 2
        movzx   edx, byte [si+b_floppy_geometry+g_cylinders]
        movzx   ecx, byte [si+b_floppy_geometry+g_heads]
        imul    edx, ecx
        movzx   ecx, byte [si+b_floppy_geometry+g_sectors]
        imul    edx, ecx
        ret

.transfer:
        call    floppy_ready
        jnz     .counted
        call    .total
        push    es
        mov     es, [bp+f_ds]
        mov     di, [bp+f_si]
        mov     eax, [es:di+8]          ; first sector, eight bytes
        mov     ebx, [es:di+12]
        mov     ch, [es:di+2]           ; how many
        mov     cl, [es:di+3]
        movzx   edi, word [es:di+4]     ; where
        push    di
        mov     di, [bp+f_si]
        movzx   edi, word [es:di+6]
        shl     edi, 4
        mov     [bp+q_address], edi
        xor     edi, edi
        pop     di
        add     [bp+q_address], edi
        pop     es
        mov     [bp+q_count], ch
        test    ebx, ebx
        jnz     .no_sector
        test    cl, cl
        jnz     .counted_bad
        test    ch, ch
        jz      .none
        movzx   ecx, ch
        cmp     eax, edx
        jae     .no_sector
        sub     edx, eax
        cmp     ecx, edx
        ja      .no_sector
        xor     edx, edx
        movzx   ecx, byte [si+b_floppy_geometry+g_sectors]
        div     ecx
        inc     dl
        mov     [bp+q_sector], dl
        mov     dx, ax
        mov     cl, [si+b_floppy_geometry+g_heads]
        div     cl
        mov     [bp+q_cylinder], al
        mov     [bp+q_head], ah
        push    word [bp+f_ax]          ; floppy_sectors counts in the caller's AL
        mov     byte [bp+f_al], 0
        call    floppy_sectors
        mov     cl, [bp+f_al]
        pop     word [bp+f_ax]
        mov     al, cl
        jmp     .count
.none:
        mov     ah, DISK_OK
        jmp     .counted
.no_sector:
        mov     ah, DISK_NOT_FOUND
        jmp     .counted
.counted_bad:
        mov     ah, DISK_BAD_CALL
.counted:
        mov     al, 0
.count:
        push    es                      ; sectors done
        mov     es, [bp+f_ds]
        mov     di, [bp+f_si]
        mov     [es:di+2], al
        mov     byte [es:di+3], 0
        pop     es
        jmp     floppy_status
