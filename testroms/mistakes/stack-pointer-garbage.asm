; ESP points to where no RAM is: the address was computed wrong.
; expect: The stack pointer ESP is F0000000h, and no RAM is below it: point it to the end of memory of your own first. It got that value at ... (mov esp, eax)
; status: 10
; variants: -DCALLS
%include "mistake.inc"
start:
        LOAD_GDT
        mov     eax, 0xF0000000
        mov     esp, eax
%ifdef CALLS
        call    function
        jmp     $
function:
        push    ebp
        mov     ebp, esp
        leave
        ret
%else
        push    eax
        ret
%endif
