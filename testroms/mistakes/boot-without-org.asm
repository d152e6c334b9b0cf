; ORG 7C00h is missing: LGDT reads from the interrupt table.
; boot: disk
; expect: read its operand from 000000 ... where the real-mode interrupt table and the BIOS's data are: DS (0000h), or the address that the program was assembled for (ORG), is wrong
; status: 10
%define ORIGIN 0
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        PROTECTED code
bits 32
code:   jmp     $
        GDT
        SECTOR
