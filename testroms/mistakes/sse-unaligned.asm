; MOVAPS on a stack that is not aligned.
; expect: is at 0011FFF4h, not on a 16-byte boundary: align the data, or the stack before calls
; status: 10
; options: --cpu pentium3
%include "mistake.inc"
start:
        LOAD_GDT
        mov     eax, cr4
        or      eax, 0x200
        mov     cr4, eax
        sub     esp, 12
        movaps  [esp], xmm0
        jmp     $
