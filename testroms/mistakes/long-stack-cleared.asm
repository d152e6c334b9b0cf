; The loop that clears .bss clears the stack that it runs on.
; expect: where the return address ... had been, which ... (rep stosd) has overwritten
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        call    init
        jmp     $
init:   push    rbx
        mov     edi, 0x118000
        mov     ecx, 0x2000
        xor     eax, eax
        rep stosd
        pop     rbx
        ret
