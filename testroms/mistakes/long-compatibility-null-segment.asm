; Compatibility mode's code, which is 32-bit code on purpose, reads by DS, which a 64-bit kernel has left null.
; expect: used DS while it holds a null selector: load it first
; status: 10
; variants: -DFLAT | -DFLAT -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        xor     eax, eax
        mov     ds, eax
        push    0x18
        lea     rax, [rel narrow]
        push    rax
        retfq
bits 32
narrow: mov     eax, 0x10
        mov     ss, eax
        mov     ebx, value
        mov     ecx, [ebx]
        hlt
        jmp     $
align 8
value:  dd      5
