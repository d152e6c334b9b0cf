; IRETQ with the three words that are enough for 32-bit code: SS and RSP are what lies above.
; expect: IRETQ always takes RSP and SS, too, five words in all
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        push    0x0123
        push    0x0456
        push    2
        push    0x08
        push    next
        iretq
next:   jmp     $
