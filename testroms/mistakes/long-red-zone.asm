; Code compiled with a red zone in the kernel: an interrupt's frame goes over what a function keeps below RSP.
; expect: kept a value below RSP at ..., in the red zone; interrupt 32 came at ..., and its frame overwrote it: compile kernels with -mno-red-zone
; status: 10
; variants: -DFRAME
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
        mov     dword [abs tables], 0                           ; nothing at 0, and no code on the stack
        mov     dword [abs tables + 0x11F * 8 + 4], 0x80000000
        mov     rax, cr3
        mov     cr3, rax
        GATE    0x20, timer
        lidt    [idt_pointer]
        TIMER
        sti
again:  call    leaf
        jmp     again
leaf:
%ifdef FRAME
        push    rbp
        mov     rbp, rsp
        mov     qword [rbp - 16], work
        mov     ecx, 200
.wait:  loop    .wait
        mov     rax, [rbp - 16]
        call    rax
        pop     rbp
        ret
%else
        mov     qword [rsp - 16], work
        mov     ecx, 200
.wait:  loop    .wait
        jmp     [rsp - 16]
%endif
work:   ret
timer:
        push    rax
        mov     al, 0x20
        out     0x20, al
        pop     rax
        iretq
