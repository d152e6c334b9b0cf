; The busy bit of a drive that is not there never clears.
; expect: asks port 01EFh again and again, which reads FFh
; status: 16
; options: --max-ticks 2M
; variants: -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        mov     dx, 0x1EF
again:  in      al, dx
        test    al, 0x80
        jnz     again
        jmp     $
