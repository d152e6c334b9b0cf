; A boot sector without an end: behind its last instruction there are zeros, up to the end of the segment.
; boot: disk
; expect: Memory that holds nothing but zeros is being executed, from 00007C05h on: INT 10h before it has returned, and no code follows
; status: 16
; options: --max-ticks 200K
%include "boot.inc"
        mov     ax, 0x0E41
        int     0x10
        SECTOR
