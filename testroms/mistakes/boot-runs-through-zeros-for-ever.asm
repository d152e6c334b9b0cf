; A far jump to a segment that nothing was loaded to: 64 KB of zeros, again and again, with the timer's interrupts between.
; boot: disk
; expect: Memory that holds nothing but zeros is being executed, from 00080000h on: the return at 0000:7C0 ... (retf) took it from the stack
; status: 16
; options: --max-ticks 8M
%include "boot.inc"
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0x7C00
        push    word 0x8000
        push    word 0
        retf
        SECTOR
