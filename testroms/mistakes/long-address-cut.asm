; A function of the kernel in the higher half is called by the lower 32 bits of its address.
; expect: RIP 8010 ... is not mapped, and FFFFFFFF8010 ... is: the upper half of the address was lost
; status: 10
; variants: -DDEEP
%define HIGH
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rax, HALF + high
        jmp     rax
high:   mov     eax, HALF + f
        call    rax
        jmp     $
f:      ret
