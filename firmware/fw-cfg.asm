; QEMU's firmware configuration device, fw_cfg, where there is one: numbered and named items that say what machine this is
; (QEMU, docs/specs/fw_cfg).

FW_CFG_SELECT   equ 0x510
FW_CFG_DATA     equ 0x511
FW_CFG_MENU     equ 0x0E                ; items: a word, whether a boot menu is wanted
FW_CFG_FILES    equ 0x19                ; the named ones: how many, then number, size and name of each
FW_CFG_NAME     equ 56                  ; bytes of a name, zeros behind it

; Selects item AX. DX = the port from which its bytes come, one after the other.
fw_cfg_select:
        mov     dx, FW_CFG_SELECT
        out     dx, ax
        inc     dx
        ret

; ZF = the device is there.
fw_cfg_detect:
        push    eax
        push    dx
        xor     ax, ax
        call    fw_cfg_select
        call    fw_cfg_read
        cmp     eax, 'UMEQ'             ; "QEMU"
        pop     dx
        pop     eax
        ret

; EAX = the next four bytes of the item, the first one highest.
fw_cfg_read:
        push    cx
        mov     cx, 4
.byte:
        shl     eax, 8
        in      al, dx
        loop    .byte
        pop     cx
        ret

; Selects the item with the name at CS:SI, zero behind it: ECX = its bytes, DX = the port from which they come. CF = there is none.
fw_cfg_find:
        push    eax
        push    bx
        push    di
        push    bp
        call    fw_cfg_detect
        jne     .none
        mov     ax, FW_CFG_FILES
        call    fw_cfg_select
        call    fw_cfg_read
        cmp     eax, 0x1000
        ja      .none
        mov     bp, ax
.file:
        sub     bp, 1
        jc      .done
        call    fw_cfg_read
        mov     ecx, eax
        call    fw_cfg_read
        shr     eax, 16
        mov     bx, ax
        mov     di, si
        xor     ah, ah                  ; what differs
        push    cx
        mov     cx, FW_CFG_NAME
.byte:
        in      al, dx
        xor     al, [cs:di]
        or      ah, al
        cmp     byte [cs:di], 1         ; the zero behind the name is compared with all that follow
        sbb     di, -1
        loop    .byte
        pop     cx
        test    ah, ah
        jnz     .file
        mov     ax, bx
        call    fw_cfg_select
        jmp     .done
.none:
        stc
.done:
        pop     bp
        pop     di
        pop     bx
        pop     eax
        ret
