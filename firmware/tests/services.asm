; A disk that tests the BIOS it is started by. Boot sector, then the tests from sector 1 on, loaded to 0000:8000.
; Disk layout: see run.py. What is expected of the machine: ATA disks as there, 32 MiB of memory, VGA, an 8042 with command D2h.

        cpu     486
        bits    16
        org     0x7C00

STAGE_SECTORS   equ (stage_end - stage) / 512

boot:
        cli
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7C00
        sti
        mov     [boot_drive], dl
        mov     bx, stage
        mov     cx, 0x0003
        mov     dh, 0
        mov     si, STAGE_SECTORS
.sector:
        mov     ax, 0x0201
        int     0x13
        jc      .failed
        add     bx, 512
        inc     cx
        cmp     cl, 63
        jbe     .same
        mov     cl, 1
        inc     dh
.same:
        dec     si
        jnz     .sector
        jmp     stage
.failed:
        mov     al, '!'
        out     0xE9, al
        cli
        hlt
        jmp     .failed
boot_drive:
        db      0
        times   510 - ($ - $$) db 0
        dw      0xAA55

        times   0x400 - ($ - $$) db 0   ; sector 1 is left free; the stage begins at 8000h, sector 2
stage:
        cld
        call    serial_fast
        call    restarted               ; does not come back when a restart was the test
        call    test_data_area
        call    test_video
        call    test_teletype
        call    test_graphics
        call    test_vbe
        call    test_disk
        call    test_disk_large
        call    test_memory
        call    test_keyboard
        call    test_clock
        call    test_ports
        call    test_registers
        call    test_option_rom
        jmp     test_restart

%include "harness.inc"
%include "data-area.asm"
%include "video.asm"
%include "teletype.asm"
%include "graphics.asm"
%include "vbe.asm"
%include "disk.asm"
%include "edd.asm"
%include "disk-large.asm"
%include "memory.asm"
%include "keyboard.asm"
%include "clock.asm"
%include "ports.asm"
%include "registers.asm"
%include "option-rom.asm"
%include "restart.asm"

        times   (512 - ($ - stage) % 512) % 512 db 0
stage_end:
buffer          equ 0xD000              ; 4 KiB
buffer_2        equ 0xE000
