; SYSRET goes to RCX, which a program chose: an address that is not canonical faults in ring 0, on the stack of the program.
; expect: would go to RCX = 800000000000h, which is not canonical
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        SYSTEM_CALLS entry
        mov     rcx, 0x0000800000000000
        mov     r11, 2
        mov     rsp, user_stack
        o64 sysret
entry:  jmp     $
