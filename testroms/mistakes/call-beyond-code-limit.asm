; The code segment's descriptor has G clear: its limit is 64 KB, and a function lies beyond.
; boot: disk
; expect: (call eax): ... a descriptor with G (bit 55) clear counts bytes
; status: 10
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        PROTECTED main
bits 32
main:   FLAT_DATA
        mov     byte [gdt + 14], 0x40
        jmp     0x08:.again
.again: mov     eax, 0x100000
        call    eax
        jmp     $
        GDT
        SECTOR
