; Tables that systems look for: $PIR (PCI IRQ Routing Table, version 1.0) and the root of ACPI's. On a PC with PCI they are copied to where they
; are looked for, and their checksums set, in the RAM behind F0000h; on other machines nothing looks like a table.

PIR_ENTRIES     equ 8
PIR_EXCLUSIVE   equ 0x0C00              ; IRQ 10 and 11
PIR_POSSIBLE    equ 0xDEF8              ; IRQ 3-7, 9-12, 14, 15
PIR_PLACE       equ 0x0F00              ; in the image
RSDP_PLACE      equ 0x0FA0
FACS_PLACE      equ 0x3C0               ; in the EBDA, behind what detecting drives needs

        align   16
        times   8 db 0                  ; not where signatures are looked for
pir:
        db      '$PIR'
        dw      0x0100, pir_end - pir
        db      0, PCI_PIIX3            ; the router
        dw      PIR_EXCLUSIVE
        dd      0x70008086
        dd      0
        times   11 db 0
        db      0
pir_entries:
%assign device 1
%rep PIR_ENTRIES
        db      0, device * 8
%assign pin 0
%rep 4
        db      0x60 + ((device - 1 + pin) & 3)
        dw      PIR_POSSIBLE
%assign pin pin + 1
%endrep
        db      device - 1, 0           ; slot; 0 is the board
%assign device device + 1
%endrep
pir_end:

; The last step of PCI's power-on: tables, and the BIOS's RAM is read-only from now on.
tables_init:
        call    pci_detect
        jne     .none
        push    ds
        push    es
        push    word BIOS
        pop     ds
        push    ds
        pop     es
        mov     si, pir
        mov     di, PIR_PLACE
        mov     cx, pir_end - pir
        rep     movsb
        mov     si, PIR_PLACE
        mov     cx, pir_end - pir
        mov     bx, 31
        call    table_checksum
        mov     si, rsdp
        mov     di, RSDP_PLACE
        mov     cx, RSDP_SIZE
        rep     movsb
        mov     si, RSDP_PLACE
        mov     cx, RSDP_OLD_SIZE
        mov     bx, 8
        call    table_checksum
        mov     cx, RSDP_SIZE
        mov     bx, 32
        call    table_checksum
        call    apic_tables
        mov     si, rsdt
        call    acpi_checksum
        mov     si, xsdt
        call    acpi_checksum
        mov     si, fadt
        call    acpi_checksum
        mov     si, dsdt
        call    acpi_checksum
        call    smbios_tables
        push    word EBDA
        pop     es
        mov     di, FACS_PLACE
        mov     eax, 'FACS'
        stosd
        mov     eax, 64
        stosd
        xor     eax, eax
        mov     cx, 14
        rep     stosd
        pop     es
        pop     ds
        mov     al, 0x10                ; reads from RAM, writes go nowhere
        call    pci_shadow
.none:
        ret

; The byte at DS:SI+BX makes the CX bytes at DS:SI add up to 0.
acpi_checksum:
        mov     cx, [si+4]
        mov     bx, 9
table_checksum:
        mov     byte [si+bx], 0
        push    si
        xor     ah, ah
.byte:
        lodsb
        sub     ah, al
        loop    .byte
        pop     si
        mov     [si+bx], ah
        ret
