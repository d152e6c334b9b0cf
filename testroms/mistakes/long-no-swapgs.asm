; The kernel's entry uses its data by GS without SWAPGS, or with one too many.
; expect: SWAPGS is missing on the way in, or was executed twice
; status: 10
; variants: -DTWICE | -DUSER_BASE
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
        SYSTEM_CALLS entry
        WRITE_MSR 0xC0000102, other
%ifdef USER_BASE
        WRITE_MSR 0xC0000101, 0x7FFFF7D8A000
%else
        mov     dword [abs tables], 0
%endif
        mov     rax, cr3
        mov     cr3, rax
        RING3   user
user:   syscall
        jmp     $
entry:
%ifdef TWICE
        swapgs
        swapgs
%endif
        mov     [gs:8], rsp
        mov     rsp, [gs:0]
        jmp     $
