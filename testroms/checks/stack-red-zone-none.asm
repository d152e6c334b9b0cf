; The interrupt has a stack of its own (IST): the red zone stays whole. Nor is it a mistake to write below RSP and not read it again.
; check: stack
%include "mistake64.inc"
start:  LONG_MODE
        LOAD_TSS
        GATE    0x20, timer, 0x08, 0x8E, 1
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
