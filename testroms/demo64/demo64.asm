; The second demo disk: a small 64-bit kernel that shows what long mode adds to a PC.
;
; This file is the whole disk image in reading order, as ../demo/demo.asm is; what both disks have in common stands there.
; The kernel starts in 32-bit code, goes to 64-bit mode, and calls the 32-bit routines of the first disk from there: long mode
; executes them unchanged (compat.inc).
;
; Build: nasm -f bin -I demo64/ -o demo64.img demo64/demo64.asm   (testroms/build.sh does it)

        bits 16

; What the disk is called on COM1, and what stands in the first row.
%define NAME            "demo64"
%define HEADING         "A PC, seen from its own kernel"
%define SUBHEADING      "the second demo disk ", 0FAh, " 64-bit mode"

%include "layout.inc"
%include "../demo/cpuid.inc"
%include "compat.inc"

        section boot start=0 vstart=BOOT_SECTOR
%include "../demo/boot.asm"

        section kernel start=SECTOR vstart=KERNEL
%include "../demo/realmode.asm"         ; as far as 32-bit protected mode

; 32-bit routines of the first disk.
%include "../demo/screen.asm"
%include "../demo/boxes.asm"
%include "../demo/serial.asm"
%include "../demo/interrupts.asm"
%include "../demo/timer.asm"
%include "../demo/keyboard.asm"
%include "../demo/power.asm"
%include "../demo/report.asm"           ; what became of the checks

; What this disk adds.
%include "kernel.asm"                   ; 32-bit: is there a long mode? 64-bit: the list of checks and the main loop
%include "processor.asm"                ; CPUID
%include "mode.asm"                     ; the way into 64-bit mode, and from there to 32-bit routines
%include "paging.asm"                   ; four levels of tables
%include "gates.asm"                    ; gates of 16 bytes, the TSS and its stacks
%include "rings.asm"                    ; SYSCALL and SYSRET
%include "exceptions.asm"               ; a page without code, an address without meaning
%include "registers.asm"                ; all sixteen
%include "page.asm"                     ; which boxes and labels

page_fault      equ unexpected          ; in 32-bit code; in 64-bit code exceptions.asm has it
clock_interrupt equ spurious_interrupt

kernel_end:
KERNEL_SECTORS  equ (kernel_end - real_mode_start + SECTOR - 1) / SECTOR

%if KERNEL_SECTORS * SECTOR > KERNEL_LIMIT - KERNEL
  %error "The kernel has grown past KERNEL_LIMIT."
%endif

        times DISK_SECTORS * SECTOR - SECTOR - ($ - $$) db 0
