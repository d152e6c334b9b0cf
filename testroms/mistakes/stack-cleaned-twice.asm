; The function removes its arguments, and so does its caller.
; expect: took it from the stack at ... where no CALL had put it: ... (push 6) had
; status: 10
; variants: -DDEEP | -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        push    dword 6
        push    dword 6
        call    outer
        jmp     $
outer:  push    ebp
        mov     ebp, esp
        push    dword 1
        push    dword 2
        call    function
        add     esp, 8
        pop     ebp
        ret
function:
        ret     8
