; A BIOS call in protected mode.
; boot: disk
; expect: (int 0x10) failed because no IDT is loaded ... The BIOS's services (INT 10h to 1Ah) are for real mode alone
; status: 10
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        PROTECTED main
bits 32
main:   FLAT_DATA
        mov     ax, 0x0E41
        int     0x10
        jmp     $
        GDT
        SECTOR
