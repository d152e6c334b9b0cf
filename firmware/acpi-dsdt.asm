; The DSDT in ACPI Machine Language (ACPI 1.0, chapter 16). In ASL:
;
;   Name (\_S5, Package (4) { 0, 0, 0, 0 })
;   Scope (\_SB) {
;     Device (PCI0) {
;       Name (_HID, EisaId ("PNP0A03"))  Name (_UID, 0)
;       Name (_CRS, ResourceTemplate () { bus 0-FFh; ports CF8h-CFFh, 0-CF7h, D00h-FFFFh; memory A0000h-BFFFFh, C0000000h-FEBFFFFFh })
;       Name (_PRT, Package () { Package (4) { device << 16 | FFFFh, pin, 0, interrupt } ... })
;       Device (ISA) {
;         Name (_ADR, 10000h)
;         Device (KBD) { Name (_HID, EisaId ("PNP0303"))  Name (_CRS, ResourceTemplate () { ports, interrupts, DMA }) } ...
;       }
;     }
;   }
;
; SeaBIOS looks for a device of the ISA bus only if the DSDT has it.

; PkgLength in two bytes, of what ends at label %1.
%macro AML_LENGTH 1
%%here:
        db      0x40 | ((%1 - %%here) & 0x0F), (%1 - %%here) >> 4
%endmacro

%define AML_NAME 0x08
%define AML_BYTE 0x0A
%define AML_DOUBLE 0x0C
%define AML_SCOPE 0x10
%define AML_BUFFER 0x11
%define AML_PACKAGE 0x12
%define AML_DEVICE 0x5B, 0x82

AML_PCI_DEVICES equ 8

; Device %1 behind the ISA bridge: the number of its name PNPxxxx, and _UID. Its resources follow, up to AML_ISA_END.
%macro AML_ISA_DEVICE 3
%push device
        db      AML_DEVICE
        AML_LENGTH %$end
        db      %1
        db      AML_NAME, '_HID', AML_DOUBLE
        db      0x41, 0xD0, %2 >> 8, %2 & 0xFF
        db      AML_NAME, '_UID', AML_BYTE, %3
        db      AML_NAME, '_CRS', AML_BUFFER
        AML_LENGTH %$end
        db      AML_BYTE, %$end - %$resources
%$resources:
%endmacro

%macro AML_PORTS 2                      ; first, number
        db      0x47, 0x01
        dw      %1, %1
        db      1, %2
%endmacro

%macro AML_INTERRUPT 1
        db      0x22
        dw      1 << %1
%endmacro

%macro AML_ISA_END 0
        db      0x79, 0x00
%$end:
%pop device
%endmacro

        align   16
dsdt:
        ACPI_HEADER 'DSDT', dsdt_end, 1, 'SWEMUPC '
        db      AML_NAME, '_S5_', AML_PACKAGE, 6, 4, 0, 0, 0, 0
        db      AML_SCOPE
        AML_LENGTH dsdt_end
        db      '\_SB_'
        db      AML_DEVICE
        AML_LENGTH dsdt_end
        db      'PCI0'
        db      AML_NAME, '_HID', AML_DOUBLE
        dd      0x030AD041              ; PNP0A03
        db      AML_NAME, '_UID', 0
        db      AML_NAME, '_CRS', AML_BUFFER
        AML_LENGTH dsdt_prt
        db      AML_BYTE, dsdt_prt - dsdt_resources
dsdt_resources:
        db      0x88, 0x0D, 0x00, 0x02, 0x0C, 0x00              ; word address space: bus numbers
        dw      0, 0, 0xFF, 0, 0x100
        db      0x47, 0x01                                      ; ports, 16 bits decoded
        dw      0xCF8, 0xCF8
        db      1, 8
        db      0x88, 0x0D, 0x00, 0x01, 0x0C, 0x03              ; word address space: ports
        dw      0, 0, 0xCF7, 0, 0xCF8
        db      0x88, 0x0D, 0x00, 0x01, 0x0C, 0x03
        dw      0, 0xD00, 0xFFFF, 0, 0xF300
        db      0x87, 0x17, 0x00, 0x00, 0x0C, 0x03              ; double word address space: memory
        dd      0, 0xA0000, 0xBFFFF, 0, 0x20000
        db      0x87, 0x17, 0x00, 0x00, 0x0C, 0x01
        dd      0, 0xC0000000, 0xFEBFFFFF, 0, 0x3EC00000
        db      0x79, 0x00
dsdt_prt:
        db      AML_NAME, '_PRT', AML_PACKAGE
        AML_LENGTH dsdt_isa
        db      AML_PCI_DEVICES * 4
%assign device 1
%rep AML_PCI_DEVICES
%assign pin 0
%rep 4
        db      AML_PACKAGE, 12, 4, AML_DOUBLE
        dd      device << 16 | 0xFFFF
        db      AML_BYTE, pin, 0
        db      AML_BYTE, 10 + (((device - 1 + pin) & 3) >> 1)
%assign pin pin + 1
%endrep
%assign device device + 1
%endrep
dsdt_isa:
        db      AML_DEVICE
        AML_LENGTH dsdt_end
        db      'ISA_'
        db      AML_NAME, '_ADR', AML_DOUBLE
        dd      0x1_0000
        AML_ISA_DEVICE 'RTC_', 0x0B00, 0
        AML_PORTS 0x70, 2
        AML_INTERRUPT 8
        AML_ISA_END
        AML_ISA_DEVICE 'KBD_', 0x0303, 0
        AML_PORTS 0x60, 1
        AML_PORTS 0x64, 1
        AML_INTERRUPT 1
        AML_ISA_END
        AML_ISA_DEVICE 'MOU_', 0x0F13, 0
        AML_INTERRUPT 12
        AML_ISA_END
        AML_ISA_DEVICE 'FDC0', 0x0700, 0
        AML_PORTS 0x3F2, 4
        AML_PORTS 0x3F7, 1
        AML_INTERRUPT 6
        db      0x2A, 1 << 2, 0x00      ; DMA, channel 2
        AML_ISA_END
        AML_ISA_DEVICE 'LPT1', 0x0400, 1
        AML_PORTS 0x378, 3
        AML_INTERRUPT 7
        AML_ISA_END
        AML_ISA_DEVICE 'COM1', 0x0501, 1
        AML_PORTS 0x3F8, 8
        AML_INTERRUPT 4
        AML_ISA_END
        AML_ISA_DEVICE 'COM2', 0x0501, 2
        AML_PORTS 0x2F8, 8
        AML_INTERRUPT 3
        AML_ISA_END
dsdt_end:
