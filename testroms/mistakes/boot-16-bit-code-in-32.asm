; BITS 32 is missing behind the far jump to protected mode.
; boot: disk
; expect: is of 16 bits (mov ax, 0x10; mov ds, ax), and segment 0008h makes it 32-bit code (mov eax, 0xd88e0010): assemble what follows the jump with BITS 32 (.code32)
; status: 10
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        PROTECTED code
code:   mov     ax, 0x10
        mov     ds, ax
        mov     ss, ax
        mov     esp, 0x7C00
        jmp     $
        GDT
        SECTOR
