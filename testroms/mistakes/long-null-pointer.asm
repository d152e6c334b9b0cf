; A null pointer in 64-bit code.
; expect: A null pointer: ... used address 00000018h
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        mov     dword [abs tables], 0
        mov     rax, cr3
        mov     cr3, rax
        xor     ebx, ebx
        mov     rax, [rbx + 24]
        jmp     $
