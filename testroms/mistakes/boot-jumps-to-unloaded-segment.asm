; A far jump to where the kernel would be if it had been read: 64 KB of zeros, round and round.
; boot: disk
; expect: Memory that holds nothing but zeros is being executed, from 0001
; status: 16
; options: --max-ticks 300K
%include "boot.inc"
        jmp     0x1000:0
        SECTOR
