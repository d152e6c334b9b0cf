; ACPI 2.0 tables: RSDP, RSDT and XSDT, FADT, those of apic-tables.asm, and the DSDT with what systems need to find PCI interrupts and to switch off (S5). No SMIs: the machine is
; always in ACPI mode. The checksums are set at power-on.

ACPI_ADDRESS    equ BIOS << 4           ; of this image

%macro ACPI_HEADER 4                    ; signature, end, revision, OEM table id
%%start:
        db      %1
        dd      %2 - %%start
        db      %3, 0
        db      'SWEMU '
        db      %4
        dd      1
        db      'SWMU'
        dd      1
%endmacro

        align   16
        times   8 db 0                  ; not where the signature is looked for
rsdp:
        db      'RSD PTR '
        db      0
        db      'SWEMU ', 2
        dd      ACPI_ADDRESS + rsdt
        dd      RSDP_SIZE
        dq      ACPI_ADDRESS + xsdt
        db      0, 0, 0, 0              ; the sum of all of it
RSDP_SIZE       equ $ - rsdp
RSDP_OLD_SIZE   equ 20                  ; of ACPI 1.0, which has a sum of its own

        align   16
rsdt:
        ACPI_HEADER 'RSDT', rsdt_end, 1, 'SWEMURSD'
        dd      ACPI_ADDRESS + fadt
        dd      ACPI_ADDRESS + madt     ; these two where there are APICs
        dd      ACPI_ADDRESS + hpet
rsdt_end:

        align   16
xsdt:
        ACPI_HEADER 'XSDT', xsdt_end, 1, 'SWEMUXSD'
        dq      ACPI_ADDRESS + fadt
        dq      ACPI_ADDRESS + madt     ; these two where there are APICs
        dq      ACPI_ADDRESS + hpet
xsdt_end:

; A generic address: ports, %1 bits, units (2: words, 3: doublewords), the first one.
%macro ACPI_PORTS 3
        db      1, %1, 0, %2
        dq      %3
%endmacro
%macro ACPI_NOTHING 0
        db      0, 0, 0, 0
        dq      0
%endmacro

        align   16
fadt:
        ACPI_HEADER 'FACP', fadt_end, 3, 'SWEMUFAC'
        dd      (EBDA << 4) + FACS_PLACE
        dd      ACPI_ADDRESS + dsdt
        db      0, 0                    ; two 8259As
        dw      9                       ; SCI
        dd      0                       ; no SMI command port
        db      0, 0, 0, 0
        dd      PM_BASE, 0              ; PM1 events, control
        dd      PM_BASE + 4, 0
        dd      0
        dd      PM_BASE + 8             ; timer
        dd      0, 0                    ; no general-purpose events
        db      4, 2, 0, 4, 0, 0, 0, 0
        dw      0xFFF, 0xFFF            ; no C2, C3
        dw      0, 0
        db      0, 0
        db      0, 0, 0x32              ; no alarm day and month; the century is in CMOS
        dw      3                       ; devices on the ISA bus, an 8042
        db      0
        dd      0x465                   ; WBINVD, C1 on all processors, no sleep button, RTC wake is no fixed feature, a reset register
        db      1, 8, 0, 1              ; reset: a byte
        dq      0xCF9
        db      6, 0, 0, 0
        dq      0                       ; the FACS's address has 32 bits
        dq      ACPI_ADDRESS + dsdt
        ACPI_PORTS 32, 2, PM_BASE
        ACPI_NOTHING
        ACPI_PORTS 16, 2, PM_BASE + 4
        ACPI_NOTHING
        ACPI_NOTHING
        ACPI_PORTS 32, 3, PM_BASE + 8
        ACPI_NOTHING
        ACPI_NOTHING
fadt_end:
