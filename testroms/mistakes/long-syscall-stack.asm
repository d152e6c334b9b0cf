; SYSCALL leaves the stack pointer as the program had it, and the entry pushes.
; expect: as ring 3 has set it at ... SYSCALL does not switch the stack
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
        SYSTEM_CALLS entry
        RING3   user
user:   mov     rsp, 0x7FFFFFFFF000
        syscall
        jmp     $
entry:  push    rcx
        push    r11
        jmp     $
