; SMBIOS 2.8 (DMTF DSP0134): who made the machine, its processors and its memory. The tables come from fw_cfg, as they do for other firmware; the BIOS
; adds the structure about itself, and the entry point that systems look for.

SMBIOS_PLACE    equ 0                   ; in the image: the entry point, and behind it the structures
SMBIOS_ENTRY    equ 31                  ; bytes
SMBIOS_TABLE    equ 0x20
SMBIOS_ROOM     equ PIR_PLACE - SMBIOS_TABLE - (smbios_bios_end - smbios_bios)

; Fields of the entry point
smbios_longest  equ SMBIOS_PLACE + 8    ; structure, in bytes
smbios_middle   equ SMBIOS_PLACE + 16   ; the second part, which has a sum of its own
smbios_length   equ SMBIOS_PLACE + 22
smbios_address  equ SMBIOS_PLACE + 24
smbios_count    equ SMBIOS_PLACE + 28

smbios_entry_name:
        db      'etc/smbios/smbios-anchor', 0
smbios_table_name:
        db      'etc/smbios/smbios-tables', 0

; Type 0, BIOS information.
smbios_bios:
        db      0, 0x18
        dw      0
        db      1, 2                    ; vendor, version
        dw      BIOS
        db      3, 0                    ; date; 64 KiB
        dq      0x99880                 ; PCI, upgradable, shadowed, CD-ROM drive boots, what boots can be chosen, EDD
        db      0x01, 0x14              ; ACPI; virtual machine, targeted content distribution
        db      0, 1, 0xFF, 0xFF
        db      'swemu', 0, '0.1', 0, '01/01/2026', 0, 0
smbios_bios_end:

; Without the files, or where they have no room, there are no tables. DS and ES are the BIOS.
smbios_tables:
        pushad
        mov     si, smbios_entry_name
        call    fw_cfg_find
        jc      .done
        cmp     ecx, SMBIOS_ENTRY
        jne     .done
        mov     di, SMBIOS_PLACE
        rep     insb
        mov     si, smbios_table_name
        call    fw_cfg_find
        jc      .none
        cmp     ecx, SMBIOS_ROOM
        ja      .none
        mov     bp, cx
        mov     si, smbios_bios
        mov     di, SMBIOS_TABLE
        mov     cx, smbios_bios_end - smbios_bios
        rep     movsb
        mov     cx, bp
        rep     insb
        sub     di, SMBIOS_TABLE
        mov     [smbios_length], di
        mov     dword [smbios_address], (BIOS << 4) + SMBIOS_TABLE
        inc     word [smbios_count]
        mov     ax, smbios_bios_end - smbios_bios
        cmp     [smbios_longest], ax
        jae     .sums
        mov     [smbios_longest], ax
.sums:
        mov     si, smbios_middle
        mov     cx, SMBIOS_ENTRY - 16
        mov     bx, 5
        call    table_checksum
        mov     si, SMBIOS_PLACE
        mov     cx, SMBIOS_ENTRY
        mov     bx, 4
        call    table_checksum
        popad
        ret
.none:
        mov     di, SMBIOS_PLACE
        mov     cx, SMBIOS_ENTRY
        xor     al, al
        rep     stosb
.done:
        popad
        ret
