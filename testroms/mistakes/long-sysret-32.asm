; SYSRET without REX.W: ring 3 goes on in compatibility mode.
; expect: has no REX.W, so that ring 3 goes on in compatibility mode
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
        SYSTEM_CALLS user
        mov     rcx, user
        mov     r11d, 2
        sysret
user:   mov     rax, [rel value]
        mov     rdi, [rax]
        syscall
        jmp     user
align 8
value:  dq      value
