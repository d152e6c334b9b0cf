; DS is not what the program was assembled for, and LGDT finds zeros there.
; boot: disk
; expect: LGDT at 00007C06h (lgdt ...) read limit 0 and base 00000000h from 00017C ... DS (1000h), or the address that the program was assembled for (ORG), is wrong
; status: 10
%include "boot.inc"
        mov     ax, 0x1000
        mov     ds, ax
        PROTECTED code
bits 32
code:   jmp     $
        GDT
        SECTOR
