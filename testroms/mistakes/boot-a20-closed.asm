; The A20 line is closed, and the kernel is copied to 1 MB: it comes to lie over the interrupt table and the boot sector.
; boot: disk
; expect: The A20 line is closed, so bit 20 of each physical address is 0, and what goes to 100000h to 1FFFFFh comes to 0 to FFFFFh: open it first
; status: 10
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0x7C00
        in      al, 0x92
        and     al, 0xFD
        out     0x92, al
        mov     al, 0xDD                                        ; the 8042's gate, too
        out     0x64, al
        PROTECTED flat
bits 32
flat:   FLAT_DATA
        mov     es, ax
        mov     edi, 0x100000
        mov     ecx, 0x8000 / 4
        mov     eax, 0xF4
        cld
        rep     stosd
        jmp     0x08:0x100000
        GDT
        SECTOR
