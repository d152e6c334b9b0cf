; The code segment is loaded by RETF as in 32-bit code: without REX.W it takes words of 4 bytes, and PUSH made words of 8.
; expect: takes words of 4 bytes, and RIP and CS lie at ... in words of 8: write o64 RETF, or LRETQ
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        push    8
        lea     rax, [rel next]
        push    rax
        retf
next:   jmp     $
