; IA32_LSTAR was never written: SYSCALL goes to address 0.
; expect: the SYSCALL at ... took it from IA32_LSTAR
; status: 10
; variants: -DUNMAPPED
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
%ifdef UNMAPPED
        SYSTEM_CALLS 0x40000000
%else
        mov     dword [abs tables], 0           ; page 0 is not mapped
        SYSTEM_CALLS 0
%endif
        mov     rax, cr3
        mov     cr3, rax
        RING3   user
user:   syscall
        jmp     $
