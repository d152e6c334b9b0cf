; A handler of SYSCALL uses RCX, where the address is that SYSRET goes back to.
; expect: RIP 05000000h is not mapped: the SYSRET at ... took it from RCX
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        SYSTEM_CALLS entry
        LOAD_TSS
        RING3   user
user:   mov     eax, 1
        syscall
        jmp     $
entry:  mov     ecx, 0x1234
again:  dec     ecx
        jnz     again
        mov     ecx, 0x5000000
        o64 sysret
