; Paging is switched off by 64-bit code: the way out leads through compatibility mode.
; expect: paging cannot be switched off in 64-bit code: go to 32-bit code (compatibility mode) first
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rax, cr0
        and     eax, 0x7FFFFFFF
        mov     cr0, rax
        jmp     $
