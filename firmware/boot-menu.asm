; The boot menu: which drive INT 19h tries before all others. Where fw_cfg asks for a menu, the BIOS waits some time for F12 or Esc; else
; F12 has to be pressed before drives are tried, and no time passes.

KEY_F12         equ 0x8600              ; as INT 16h has them
KEY_ESC         equ 0x011B
MENU_TICKS      equ 46                  ; 2.5 seconds

boot_menu:
        pushad
        push    ds
        xor     ax, ax
        mov     ds, ax
        cmp     word [4*0x19+2], BIOS
        jne     .done                   ; a card's ROM boots what it has
        call    fw_cfg_detect
        jne     .pressed
        mov     ax, FW_CFG_MENU
        call    fw_cfg_select
        in      al, dx
        test    al, al
        jz      .pressed
        mov     si, message_menu_key
        call    print
        push    byte BDA
        pop     ds
        mov     ebx, [b_ticks]
.wait:
        mov     ah, 0x11
        int     0x16
        jnz     .key
        sti
        hlt
        mov     eax, [b_ticks]
        sub     eax, ebx                ; at midnight the wait ends early
        cmp     eax, MENU_TICKS
        jb      .wait
        jmp     .done
.key:                                   ; any other key: boot at once
        mov     ah, 0x10
        int     0x16
        cmp     ax, KEY_ESC
        je      .show
        cmp     ax, KEY_F12
        jne     .done
        jmp     .show
.pressed:                               ; a key that is no F12 is the guest's
        mov     ah, 0x11
        int     0x16
        jz      .done
        cmp     ax, KEY_F12
        jne     .done
        mov     ah, 0x10
        int     0x16
.show:
        call    menu_show
.done:
        pop     ds
        popad
        ret

; Lists the drives that are there and takes a digit, or Esc for the usual order.
menu_show:
        push    word EBDA
        pop     ds
        push    es
        push    byte BDA
        pop     es
        mov     si, message_menu
        call    print
        xor     di, di                  ; entries
        mov     cl, [es:b_disk_count]
        pop     es
        mov     dl, 0x80
.disk:
        sub     cl, 1
        jc      .floppy
        mov     si, message_menu_disk
        call    menu_entry
        mov     al, dl
        call    print_hex
        mov     al, 'h'
        call    print_letter
        inc     dx
        jmp     .disk
.floppy:
        mov     dl, 0
        call    floppy_type
        jz      .cdrom
        mov     dl, BOOT_FLOPPY
        mov     si, message_menu_floppy
        call    menu_entry
.cdrom:
        test    byte [e_cdrom+d_flags], D_CDROM
        jz      .ask
        mov     dl, BOOT_CDROM
        mov     si, message_menu_cdrom
        call    menu_entry
.ask:
        mov     si, message_menu_end
        call    print
.key:
        mov     ah, 0x10
        int     0x16
        cmp     ax, KEY_ESC
        je      .done
        xor     ah, ah
        sub     al, '1'
        cmp     ax, di
        jae     .key
        mov     di, ax
        mov     al, [di+e_menu]
        mov     [e_menu_choice], al
.done:
        ret

; Adds drive DL under its digit, and prints the text at CS:SI. DS = EBDA.
menu_entry:
        mov     [di+e_menu], dl
        inc     di
        push    si
        mov     si, message_menu_entry
        call    print
        mov     ax, di
        add     al, '0'
        call    print_letter
        mov     al, ' '
        call    print_letter
        pop     si
        jmp     print

; DS = EBDA: what was chosen is tried first.
menu_apply:
        mov     al, [e_menu_choice]
        test    al, al
        jz      .done
        jns     .kind
        mov     [e_boot_next], al
        ret
.kind:
        shl     word [e_boot_order], 4
        or      [e_boot_order], al
.done:
        ret

message_menu_key:
        db      "Press F12 for the boot menu.", 13, 10, 0
message_menu:
        db      13, 10, "Boot from:", 0
message_menu_entry:
        db      13, 10, "  ", 0
message_menu_disk:
        db      "disk ", 0
message_menu_floppy:
        db      "diskette", 0
message_menu_cdrom:
        db      "CD-ROM", 0
message_menu_end:
        db      13, 10, "A digit chooses, Esc leaves the order as it is.", 13, 10, 0
