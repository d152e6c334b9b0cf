; LTR a second time, while the TSS is busy.
; expect: loads TR with selector 0028h, which is a busy 32-bit TSS: it has to be an available TSS (type 9)
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        mov     eax, 0x28
        ltr     ax
        ltr     ax
        jmp     $
