; ACPI 1.0 tables: RSDP, RSDT, FADT, those of apic-tables.asm, and the DSDT with what systems need to find PCI interrupts and to switch off (S5). No SMIs: the machine is
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
        db      'SWEMU ', 0
        dd      ACPI_ADDRESS + rsdt

        align   16
rsdt:
        ACPI_HEADER 'RSDT', rsdt_end, 1, 'SWEMURSD'
        dd      ACPI_ADDRESS + fadt
        dd      ACPI_ADDRESS + madt     ; these two where there are APICs
        dd      ACPI_ADDRESS + hpet
rsdt_end:

        align   16
fadt:
        ACPI_HEADER 'FACP', fadt_end, 1, 'SWEMUFAC'
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
        db      0, 0, 0
        dd      0x65                    ; WBINVD, C1 on all processors, no sleep button, RTC wake is no fixed feature
fadt_end:
