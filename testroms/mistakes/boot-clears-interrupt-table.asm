; The interrupt table of the BIOS is cleared, and interrupts are on: the timer's handler is what lies at 0000:0000.
; boot: disk
; expect: IRQ 0 came as vector 8, and there is no handler: entry 08h of the interrupt table is ... leave it alone
; status: 16
; options: --max-ticks 10M
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7C00
        xor     di, di
        mov     cx, 0x200
        rep     stosw
        sti
wait_:  hlt
        jmp     wait_
        SECTOR
