; Fixed addresses of the AT BIOS. Programs and option ROMs jump to or read from them.

%macro AT 1                             ; fills up to offset %1 of the image
        times   (%1) - ($ - image_start) db 0
%endmacro

        AT      0xE05B
entry_post:
        jmp     post
        AT      0xE2C3
entry_int_02:
        jmp     int_02
        AT      0xE3FE
entry_int_13:
        jmp     int_13
        AT      0xE401                  ; fixed disk parameter tables of the AT: type 1, a stand-in for all
        dw      306
        db      4
        dw      0, 128
        db      0, 0, 0, 0, 0
        dw      305
        db      17, 0
        AT      0xE6F2
entry_int_19:
        jmp     int_19
        AT      0xE6F5
configuration_table:
        dw      8
        db      0xFC, 0x01, 0x00        ; model, submodel, revision: AT
        db      0x74                    ; second 8259, RTC, keyboard intercept, EBDA
        db      0x40                    ; INT 16h AH=09h
        db      0, 0, 0
        AT      0xE729
baud_rates:
        dw      1047, 768, 384, 192, 96, 48, 24, 12
        AT      0xE739
entry_int_14:
        jmp     int_14
        AT      0xE82E
entry_int_16:
        jmp     int_16
        AT      0xE987
entry_int_09:
        jmp     int_09
        AT      0xEC59
entry_int_40:
        jmp     int_40
        AT      0xEF57
entry_int_0E:
        jmp     int_0E
        AT      0xEFC7
diskette_parameters:                    ; INT 1Eh, 1.44 MB: step rate, DMA, motor off, 512 bytes, 18 sectors, gaps, fill, settle, start
        db      0xAF, 0x02, 0x25, 0x02, 18, 0x1B, 0xFF, 0x6C, 0xF6, 0x0F, 0x08
        AT      0xEFD2
entry_int_17:
        jmp     int_17
        AT      0xF045
video_entries:                          ; the routines of INT 10h AH=00h-0Fh stood here
        times   16 dw video_none
        AT      0xF065
entry_int_10:
        jmp     int_10
        AT      0xF0A4
video_parameters:                       ; INT 1Dh: 6845 values for 40x25, 80x25, graphics, monochrome; page sizes; columns; modes
        db      0x38, 0x28, 0x2D, 0x0A, 0x1F, 0x06, 0x19, 0x1C, 0x02, 0x07, 0x06, 0x07, 0, 0, 0, 0
        db      0x71, 0x50, 0x5A, 0x0A, 0x1F, 0x06, 0x19, 0x1C, 0x02, 0x07, 0x06, 0x07, 0, 0, 0, 0
        db      0x38, 0x28, 0x2D, 0x0A, 0x7F, 0x06, 0x64, 0x70, 0x02, 0x01, 0x06, 0x07, 0, 0, 0, 0
        db      0x61, 0x50, 0x52, 0x0F, 0x19, 0x06, 0x19, 0x19, 0x02, 0x0D, 0x0B, 0x0C, 0, 0, 0, 0
        dw      2048, 4096, 16384, 16384
        db      40, 40, 80, 80, 40, 40, 80, 80
        db      0x2C, 0x28, 0x2D, 0x29, 0x2A, 0x2E, 0x1E, 0x29
        AT      0xF841
entry_int_12:
        jmp     int_12
        AT      0xF84D
entry_int_11:
        jmp     int_11
        AT      0xF859
entry_int_15:
        jmp     int_15
        AT      0xFA6E
font_8x8:                               ; characters 00h-7Fh
%include "font/cp437-8x8-lower.inc"
        AT      0xFE6E
entry_int_1A:
        jmp     int_1A
        AT      0xFEA5
entry_int_08:
        jmp     int_08
        AT      0xFEF3
entry_vectors:                          ; offsets of INT 08h-1Fh, as the AT copied them to the vectors
        dw      entry_int_08, entry_int_09, irq_ignore, irq_ignore, irq_ignore, irq_ignore, entry_int_0E, irq_ignore
        dw      entry_int_10, entry_int_11, entry_int_12, entry_int_13, entry_int_14, entry_int_15, entry_int_16, entry_int_17
        dw      int_18, entry_int_19, entry_int_1A, int_ignore, int_ignore, video_parameters, diskette_parameters, font_8x8_upper
        AT      0xFF53
entry_iret:
        iret
        AT      0xFF54
entry_int_05:
        jmp     int_05
        AT      0xFFF0
entry_reset:
        jmp     BIOS:entry_post
        AT      0xFFF5
        db      "01/01/26"              ; a fixed date: the build must not depend on when it runs
        db      0
        db      0xFC                    ; model: AT
        db      0
