; The return address was overwritten: RET finds an address that is not canonical.
; expect: would go to 4141414141414141h, which is not canonical ... is no return address
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        call    function
        jmp     $
function:
        sub     rsp, 16
        mov     rdi, rsp
        mov     al, 'A'
        mov     ecx, 24
        rep     stosb
        add     rsp, 16
        ret
