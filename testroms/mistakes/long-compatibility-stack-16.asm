; Compatibility mode's code has a stack segment whose descriptor lacks B: only SP counts, and the stack is elsewhere.
; expect: SS is 0010h, whose descriptor has B (bit 54) clear: of ESP 00120000h SP 0000h alone counts
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        push    0x18
        lea     rax, [rel narrow]
        push    rax
        retfq
bits 32
narrow: mov     eax, 0x10
        mov     ss, eax
        mov     esp, 0x120000
        push    eax
        call    function
        jmp     $
function: ret
