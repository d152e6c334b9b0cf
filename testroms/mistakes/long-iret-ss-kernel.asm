; The frame that leads to ring 3 has the kernel's stack segment, or none: 64-bit mode still looks at it.
; expect: which is no stack of ring 3: IRETQ always takes RSP and SS, too
; status: 10
; variants: -DSS=0 | -DDEEP
%include "mistake64.inc"
%ifndef SS
 %define SS 0x10
%endif
start:
        LONG_MODE
        push    SS
        push    user_stack
        push    2
        push    0x2B
        push    user
        iretq
user:   jmp     $
