; MOVAPS on the stack, and RSP is no multiple of 16.
; expect: not on a 16-byte boundary: align the data, or the stack before calls (RSP a multiple of 16 at each CALL)
; status: 10
; variants: -DFRAME
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rax, cr4
        or      eax, 0x600
        mov     cr4, rax
        mov     rax, cr0
        and     eax, ~4
        mov     cr0, rax
        sub     rsp, 8
        call    function
        jmp     $
function:
%ifdef FRAME
        push    rbp
        mov     rbp, rsp
        sub     rsp, 32
        movaps  [rbp - 16], xmm0
%else
        sub     rsp, 24
        movaps  [rsp], xmm0
%endif
        jmp     $
