; Floating point while CR0.TS is set.
; expect: while CR0.TS (bit 3) is set: clear it (CLTS for TS) or save the FPU's state on a task switch
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        mov     eax, cr0
        or      eax, 8
        mov     cr0, eax
        fld1
        jmp     $
