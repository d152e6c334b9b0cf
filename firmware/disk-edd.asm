; INT 13h AH=41h-48h: block addresses. Phoenix Enhanced Disk Drive Specification 3.0; subsets 1 (access) and 4 (EDD).

; Device address packet, at the caller's DS:SI.
p_size          equ 0
p_count         equ 2
p_buffer        equ 4
p_lba           equ 8
p_flat          equ 16                  ; used when the buffer is FFFF:FFFF and the packet has 18h bytes or more

edd_check:                              ; AH=41h
        cmp     bx, 0x55AA
        jne     disk_bad_call
        mov     word [bp+f_bx], 0xAA55
        mov     word [bp+f_cx], 0x0005
        mov     ah, DISK_OK
        call    disk_status
        mov     byte [bp+f_ah], 0x30    ; version 3.0
        ret

edd_read:
        mov     byte [bp+r_command], ATA_READ
        jmp     edd_transfer
edd_write:                              ; AL = 0 or 1; 2 asks for a verify behind it
        mov     byte [bp+r_command], ATA_WRITE
        cmp     al, 2
        ja      disk_bad_call
        jb      edd_transfer
        call    edd_transfer
        test    ah, ah
        jz      edd_verify
        ret
edd_verify:
        mov     byte [bp+r_command], ATA_VERIFY
edd_transfer:
        call    edd_packet
        jc      disk_bad_call
        call    disk_clip
        push    ax
        call    ata_transfer
        pop     bx
        test    ah, ah
        jnz     .counted
        mov     ah, bh
.counted:
        mov     bx, [bp+r_done]
        call    edd_count
        jmp     disk_status

; The packet says that BX blocks were done. Changes SI.
edd_count:
        push    ds
        mov     ds, [bp+f_ds]
        mov     si, [bp+f_si]
        mov     [si+p_count], bx
        pop     ds
        ret

edd_seek:                               ; AH=47h
        call    edd_packet
        jc      disk_bad_call
        mov     word [bp+r_count], 1
        call    disk_clip
        jmp     disk_status

; Cuts the request at the end of drive DI. AH = DISK_OK, or DISK_NOT_FOUND where something of it lies beyond: what exists before the end
; is still to be done. Changes EAX, ECX.
disk_clip:
        push    edx
        mov     eax, [di+d_total]
        mov     edx, [di+d_total+4]
        sub     eax, [bp+r_lba]         ; EDX:EAX = blocks from the first one on
        sbb     edx, [bp+r_lba+4]
        jnc     .left
        xor     eax, eax
        xor     edx, edx
.left:
        movzx   ecx, word [bp+r_count]
        test    edx, edx
        jnz     .whole
        cmp     ecx, eax
        jbe     .whole
        mov     [bp+r_count], ax
        mov     ah, DISK_NOT_FOUND
        jmp     .done
.whole:
        mov     ah, DISK_OK
.done:
        pop     edx
        ret

; The request from the packet. CF = not a packet.
edd_packet:
        push    es
        mov     es, [bp+f_ds]
        mov     si, [bp+f_si]
        cmp     byte [es:si+p_size], 16
        jb      .bad
        mov     ax, [es:si+p_count]
        mov     [bp+r_count], ax
        mov     ecx, [es:si+p_buffer]
        cmp     ecx, 0xFFFFFFFF
        jne     .buffer
        cmp     byte [es:si+p_size], 24
        jb      .bad
        mov     ecx, [es:si+p_flat]     ; only what real mode reaches
        cmp     ecx, 0x100000
        jae     .bad
        cmp     dword [es:si+p_flat+4], 0
        jne     .bad
        mov     edx, ecx
        shr     ecx, 4
        shl     ecx, 16
        and     dx, 0x000F
        mov     cx, dx
.buffer:
        mov     [bp+r_buffer], ecx
        mov     ecx, [es:si+p_lba]
        mov     edx, [es:si+p_lba+4]
        mov     [bp+r_lba], ecx
        mov     [bp+r_lba+4], edx
        clc
        jmp     .done
.bad:
        stc
.done:
        pop     es
        ret

; ---- AH=48h: the drive's parameters to DS:SI; its first word says how much is wanted ----
edd_parameters:
        push    es
        mov     es, [bp+f_ds]
        mov     si, [bp+f_si]
        mov     cx, [es:si]
        cmp     cx, 0x1A
        jb      .bad
        mov     bx, 0x1A
        mov     word [es:si+2], 0x0002          ; the geometry is valid; transfers may cross 64 KiB
        movzx   eax, word [di+d_cylinders]
        mov     [es:si+4], eax
        movzx   eax, word [di+d_heads]
        mov     [es:si+8], eax
        movzx   eax, word [di+d_sectors]
        mov     [es:si+12], eax
        mov     eax, [di+d_total]
        mov     [es:si+16], eax
        mov     eax, [di+d_total+4]
        mov     [es:si+20], eax
        mov     word [es:si+24], 512
        cmp     cx, 0x1E
        jb      .size
        mov     bx, 0x1E
        call    edd_extension
        mov     [es:si+26], ax
        mov     word [es:si+28], EBDA
        cmp     cx, 0x42
        jb      .size
        mov     bx, 0x42
        call    edd_path
.size:
        mov     [es:si], bx
        pop     es
        mov     ah, DISK_OK
        jmp     disk_status
.bad:
        pop     es
        jmp     disk_bad_call

; Fills the drive's device parameter table extension; AX = its offset in the EBDA.
edd_extension:
        push    bx
        push    cx
        push    si
        mov     ax, di
        sub     ax, e_drives
        shr     ax, 1
        add     ax, e_dpte
        mov     si, ax
        mov     ax, [di+d_port]
        mov     [si], ax
        mov     ax, [di+d_control]
        mov     [si+2], ax
        mov     al, [di+d_select]
        test    byte [di+d_flags], D_LBA
        jz      .select
        or      al, 0x40
.select:
        mov     [si+4], al
        mov     byte [si+5], 0
        mov     al, 14
        cmp     byte [di+d_port+1], 0x01
        jne     .irq
        cmp     byte [di+d_port], 0xF0
        je      .irq
        inc     al
.irq:
        mov     [si+6], al
        mov     word [si+7], 0x0001             ; one sector a block, no DMA
        mov     byte [si+9], 0                  ; PIO
        mov     ax, 0x0008                      ; translation: CHS
        test    byte [di+d_flags], D_LBA
        jz      .options
        or      al, 0x10
.options:
        mov     [si+10], ax
        mov     word [si+12], 0
        mov     byte [si+14], 0x11              ; revision
        mov     al, 0                           ; the 16 bytes add up to 0
        mov     cx, 15
        push    si
.sum:
        sub     al, [si]
        inc     si
        loop    .sum
        mov     [si], al
        pop     ax
        pop     si
        pop     cx
        pop     bx
        ret

; Device path at ES:SI+1Eh: ISA bus, base address; ATA, master or slave.
edd_path:
        push    cx
        push    di
        mov     word [es:si+30], 0xBEDD
        mov     dword [es:si+32], 36
        mov     dword [es:si+36], 'ISA '
        mov     dword [es:si+40], 'ATA '
        mov     dword [es:si+44], '    '
        movzx   eax, word [di+d_port]
        mov     [es:si+48], eax
        mov     dword [es:si+52], 0
        mov     al, [di+d_select]
        shr     al, 4
        and     eax, 1
        mov     [es:si+56], eax
        xor     eax, eax
        mov     [es:si+60], eax
        mov     word [es:si+64], ax
        mov     cx, 35
        lea     di, [si+30]
.sum:
        sub     al, [es:di]
        inc     di
        loop    .sum
        mov     [es:di], al
        pop     di
        pop     cx
        ret
