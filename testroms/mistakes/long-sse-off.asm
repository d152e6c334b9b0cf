; Code with SSE before CR4.OSFXSR is set, as compilers make it for x86-64 without -mno-sse.
; expect: while CR4.OSFXSR (bit 9) is clear
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        pxor    xmm0, xmm0
        movups  [abs other], xmm0
        jmp     $
