; The address for SYSCALL was put together of two halves, and the upper one lost its upper half.
; expect: IA32_LSTAR would be FFFF80000000h, which is not canonical (bits 63 to 47 have to be equal): EDX has the upper half
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        WRITE_MSR 0xC0000082, 0x0000FFFF80000000
        jmp     $
