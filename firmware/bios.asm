; The firmware of the emulated PC: a BIOS for an AT-compatible machine, with or without PCI, 64 KiB at F0000h.
;
; This file is the map of the image; every service has a file of its own.
; Sources for the interfaces: IBM PS/2 and PC BIOS Interface Technical Reference; IBM PC AT Technical Reference
; (fixed entry points); Phoenix Enhanced Disk Drive Specification 3.0; ATA/ATAPI-6; ACPI 6.0 chapter 15 (E820h); El Torito 1.0;
; SPC-2 and MMC-3 (CD-ROM drive).

        cpu     386
        bits    16
        org     0

%include "bda.inc"
%include "frame.inc"

; ---- 0000-0FFF: kept free, on 16-byte boundaries, for tables that systems search for by signature (_MP_, _SM_) ----
image_start:
        times   0x1000 db 0

; ---- 1000-DFFF: code and tables, anywhere ----
%include "post.asm"
%include "vectors.asm"
%include "chipset.asm"
%include "apic.asm"
%include "pci.asm"
%include "pci-bios.asm"         ; INT 1Ah AH=B1h
%include "pci-tables.asm"
%include "acpi.asm"
%include "acpi-dsdt.asm"
%include "apic-tables.asm"
%include "fw-cfg.asm"
%include "smbios.asm"
%include "memory-size.asm"
%include "option-roms.asm"
%include "messages.asm"
%include "boot.asm"
%include "boot-menu.asm"
%include "boot-failure.asm"
%include "cdrom-boot.asm"

%include "timer.asm"            ; INT 08h, 1Ch, 70h
%include "clock.asm"            ; INT 1Ah
%include "wait.asm"             ; INT 15h AH=83h, 86h
%include "irq.asm"              ; the other hardware interrupts

%include "keyboard-irq.asm"     ; INT 09h
%include "keyboard-shift.asm"
%include "keyboard-stroke.asm"
%include "keyboard-actions.asm"
%include "keyboard-lamps.asm"
%include "keyboard-table.asm"
%include "keyboard.asm"         ; INT 16h
%include "i8042.asm"
%include "mouse.asm"            ; INT 15h AH=C2h, INT 74h

%include "video.asm"            ; INT 10h
%include "video-mode.asm"
%include "video-mode-palette.asm"
%include "video-mode-table.asm"
%include "video-text.asm"
%include "video-scroll.asm"
%include "video-teletype.asm"
%include "video-graphics.asm"
%include "video-graphics-text.asm"
%include "video-graphics-scroll.asm"
%include "video-palette.asm"
%include "video-dac.asm"
%include "video-font.asm"
%include "video-font-pointer.asm"
%include "video-info.asm"
%include "video-state.asm"
%include "vbe.asm"              ; INT 10h AH=4Fh
%include "vbe-info.asm"
%include "vbe-window.asm"
%include "vbe-protected.asm"

%include "disk.asm"             ; INT 13h
%include "disk-edd.asm"
%include "ata.asm"
%include "ata-command.asm"
%include "ata-detect.asm"
%include "cdrom.asm"
%include "cdrom-packet.asm"
%include "cdrom-emulation.asm"
%include "floppy.asm"           ; INT 40h
%include "floppy-edd.asm"
%include "floppy-drive.asm"     ; INT 0Eh
%include "floppy-command.asm"

%include "serial.asm"           ; INT 14h
%include "printer.asm"          ; INT 17h, INT 05h
%include "system.asm"           ; INT 15h
%include "memory-map.asm"
%include "block-move.asm"
%include "a20.asm"

font_8x16:
%include "font/cp437-8x16.inc"
font_8x14:
%include "font/cp437-8x14.inc"
font_8x8_copy:                          ; both halves in a row; programs look for the lower one at FA6E, too
%include "font/cp437-8x8-lower.inc"
font_8x8_upper:
%include "font/cp437-8x8-upper.inc"

; ---- E000-FFFF: what programs find by address ----
%include "entry-points.asm"
