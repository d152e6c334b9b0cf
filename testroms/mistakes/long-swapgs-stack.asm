; The kernel's entry takes its stack by GS without SWAPGS: what lies at the same offset of ring 3's base becomes RSP.
; expect: SWAPGS is missing on the way in, or was executed twice
; status: 10
; variants: -DLOW
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
        SYSTEM_CALLS entry
        WRITE_MSR 0xC0000102, other
        mov     qword [abs other], stack_top
%ifndef LOW
        mov     rax, 0x5A5A5A5A5A5A5A5A
        mov     [abs 0], rax
%endif
        RING3   user
user:   syscall
        jmp     $
entry:
        mov     [gs:8], rsp
        mov     rsp, [gs:0]
        push    rcx
        push    r11
        jmp     $
