; Behind the jump to protected mode DS still has what real mode loaded.
; boot: disk
; expect: beyond DS's limit 0000FFFFh; DS (0000h) still is what real mode loaded: load it with a data segment's selector behind the jump to protected mode
; status: 10
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0x7C00
        PROTECTED flat
bits 32
flat:   mov     byte [0xB8000], 'A'
        jmp     $
        GDT
        SECTOR
