; The kernel is linked to the higher half, and goes there before it is mapped.
; expect: is in the higher half, which these tables do not map
; status: 10
; variants: -DDATA | -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
%ifdef DATA
        mov     rax, HALF + 0x110000
        inc     dword [rax]
%else
        mov     rax, HALF + next
        jmp     rax
%endif
next:   jmp     $
