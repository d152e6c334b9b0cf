; A call to a part of the program that was never read from the disk.
; boot: disk
; expect: Memory that holds nothing but zeros is being executed, from 00008000h on: the call at 0000:7C00 (call 0x8000) went there
; status: 16
; options: --max-ticks 200K
%include "boot.inc"
        call    0x8000
        jmp     $
        SECTOR
