; The interrupt table was cleared, and the timer comes.
; boot: disk
; expect: IRQ 0 came as vector 8, and there is no handler: entry 08h of the interrupt table is 0000:0000, which is in the real-mode interrupt table
; status: 12
%include "boot.inc"
        xor     ax, ax
        mov     es, ax
        xor     di, di
        mov     cx, 0x200
        rep     stosw
        sti
        jmp     $
        SECTOR
