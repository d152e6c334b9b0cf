; FXSAVE on a processor that has none.
; expect: (fxsave ...) is newer than the processor p6: compile for an older one, or choose --cpu
; status: 10
; options: --cpu p6
; variants: -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        mov     ebx, 0x150000
        fxsave  [ebx]
