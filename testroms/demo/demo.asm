; The demo disk: a small 32-bit kernel that shows what a PC is made of.
;
; This file is the whole disk image in reading order. Sector 0 is the boot sector; the kernel follows from sector 1 and
; is loaded to linear address 8000h, below 64 KiB, so that real-mode code (segment 0) and protected-mode code (flat
; segments) name the same byte by the same number.
;
; Each topic has a file of its own. All of them are drawn and checked in the order of `checks` in kernel.asm.
;
; Build: nasm -f bin -o demo.img demo.asm   (testroms/build.sh does it)

        cpu 386                         ; newer instructions are named where they are used
        bits 16

; What the disk is called on COM1, and what stands in the first row.
%define NAME            "demo"
%define HEADING         "A PC, seen from its own kernel"
%define SUBHEADING      "the demo disk ", 0FAh, " 32-bit protected mode"

%include "layout.inc"
%include "cpuid.inc"

        section boot start=0 vstart=BOOT_SECTOR
%include "boot.asm"

        section kernel start=SECTOR vstart=KERNEL
%include "realmode.asm"                 ; asks the BIOS what only it knows, then enters protected mode
%include "kernel.asm"                   ; the list of checks and the main loop
%include "report.asm"                   ; what became of them
%include "screen.asm"                   ; text memory at B8000h
%include "boxes.asm"                    ; boxes on it, with titles, labels and marks
%include "page.asm"                     ; the page a newcomer sees: which boxes and labels
%include "serial.asm"                   ; COM1: one line for each check
%include "interrupts.asm"               ; IDT, the two 8259A, exceptions
%include "processor.asm"                ; CPUID
%include "memorymap.asm"                ; INT 15h E820h, A20
%include "paging.asm"                   ; page tables and page faults on purpose
%include "timer.asm"                    ; 8254, IRQ 0
%include "clock.asm"                    ; MC146818, IRQ 8
%include "disk.asm"                     ; ATA by PIO
%include "keyboard.asm"                 ; 8042, IRQ 1
%include "power.asm"                    ; switching off

kernel_end:
KERNEL_SECTORS  equ (kernel_end - real_mode_start + SECTOR - 1) / SECTOR

%if KERNEL_SECTORS * SECTOR > KERNEL_LIMIT - KERNEL
  %error "The kernel has grown past KERNEL_LIMIT."
%endif

; One cylinder of 16 heads and 63 sectors: emulators that want to be told a geometry can be told this one.
        times DISK_SECTORS * SECTOR - SECTOR - ($ - $$) db 0
