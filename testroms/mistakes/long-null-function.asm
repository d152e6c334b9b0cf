; A call through a null pointer, with the beginning of memory mapped.
; expect: The real-mode interrupt table is being executed at 00000000h: the address that was gone to is a null pointer, or nearly: the call at ... (call rax) went there
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        xor     eax, eax
        call    rax
        jmp     $
