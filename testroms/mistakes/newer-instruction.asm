; Code that was compiled for a processor newer than the one it runs on.
; expect: The instruction at 001000E2h (phaddw xmm0, xmm1) is newer than the processor pentium4: compile for an older one, or choose --cpu x86-64-v2
; options: --cpu pentium4
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        phaddw  xmm0, xmm1
