; RSP holds an address that is not canonical.
; expect: The stack pointer RSP is ..., which is not canonical (bits 63 to 47 have to be equal). It got that value at ... (mov rsp, rax)
; status: 10
; variants: -DCALLS
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rax, 0x0000800000001000
        mov     rsp, rax
%ifdef CALLS
        call    function
function:
        ret
%else
        push    rax
%endif
        jmp     $
