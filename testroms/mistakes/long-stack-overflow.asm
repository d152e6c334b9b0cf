; Endless recursion in 64-bit code.
; expect: Endless recursion: the call at ... comes back to itself
; status: 10
; variants: -DFRAMES
%include "mistake64.inc"
start:
        LONG_MODE
        mov     dword [abs tables + 0x11A * 8], 0       ; a guard page
        mov     rax, cr3
        mov     cr3, rax
        call    function
function:
%ifdef FRAMES
        push    rbp
        mov     rbp, rsp
        sub     rsp, 0x50
%endif
        call    function
        ret
