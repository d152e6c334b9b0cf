; SYSCALL with EFER.SCE clear.
; expect: while EFER.SCE (bit 0) is clear
; status: 10
; variants: -DRETURN
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
%ifdef RETURN
        mov     rcx, user
        mov     r11d, 2
        o64 sysret
%endif
        RING3   user
user:   syscall
        jmp     $
