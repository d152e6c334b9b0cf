; A function keeps a value below RSP, in the red zone; the timer's frame goes over it.
; check: stack
; expect: a value that was kept below RSP, in the red zone, was overwritten by an interrupt at 0008: ... written at: 0008: ... interrupt 32 came at
%include "mistake64.inc"
start:  LONG_MODE
        LOAD_TSS
%ifndef STACK_OF_TIMER
%define STACK_OF_TIMER 0
%endif
        GATE    0x20, timer, 0x08, 0x8E, STACK_OF_TIMER
        lidt    [idt_pointer]
        TIMER
        sti
        mov     edx, 20
again:  call    leaf
        dec     edx
        jnz     again
        cli
        xor     eax, eax
        out     0xF4, al
leaf:   mov     qword [rsp - 16], 5
        mov     ecx, 2000
.wait:  loop    .wait
        mov     rax, [rsp - 16]
        ret
timer:  push    rax
        mov     al, 0x20
        out     0x20, al
        pop     rax
        iretq
