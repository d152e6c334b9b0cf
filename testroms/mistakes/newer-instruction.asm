; Code that was compiled for a processor newer than the one it runs on.
; expect: The instruction at 001000E2h (movaps xmm0, xmm1) is newer than the processor p6: compile for an older one, or choose a newer one with --cpu
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        movaps  xmm0, xmm1
