; The kernel calls a function before it has set ESP.
; expect: The stack pointer ESP is 00000000h, and no RAM is below it: point it to the end of memory of your own first
; status: 10
%include "mistake.inc"
start:
        call    function
        jmp     $
function:
        ret
