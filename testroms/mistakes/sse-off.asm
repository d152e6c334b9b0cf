; The compiler used SSE, and nobody has turned it on.
; expect: SSE at 001000E2h (movaps xmm0, xmm1) while CR4.OSFXSR (bit 9) is clear: set it and CR0.MP, clear CR0.EM, or compile with -mno-sse
; status: 10
; options: --cpu pentium3
%include "mistake.inc"
start:
        LOAD_GDT
        movaps  xmm0, xmm1
        jmp     $
