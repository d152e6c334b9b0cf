; RDGSBASE before CR4 allows it.
; expect: (rdgsbase rax) while CR4.FSGSBASE (bit 16) is clear: set it first
; status: 10
; options: --cpu max
%include "mistake64.inc"
start:
        LONG_MODE
        rdgsbase rax
        jmp     $
