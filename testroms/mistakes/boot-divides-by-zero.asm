; A division by zero in real mode, which the BIOS's handler returns to.
; boot: disk
; expect: The division at 0000:7C02 (div cx): the divisor is 0. Its handler returns to the same instruction
; status: 16
; options: --max-ticks 160K
%include "boot.inc"
        xor     cx, cx
        div     cx
        hlt
        SECTOR
