; The same in 64-bit code, under an interrupt on another stack (IST) between the write and the return.
; check: stack
; expect: stack: a return address was overwritten at 0008: ... overwritten by: mov ... at 0008:
%include "mistake64.inc"
start:  LONG_MODE
        LOAD_TSS
        GATE    0x20, timer, 0x08, 0x8E, 1
        lidt    [idt_pointer]
        TIMER
        sti
        call    f
        jmp     $
elsewhere: cli
        xor     eax, eax
        out     0xF4, al
        hlt
f:      sub     rsp, 32
        mov     rdi, rsp
        mov     rax, elsewhere
        xor     ecx, ecx
.next:  mov     [rdi + rcx * 8], rax
        inc     ecx
        cmp     ecx, 4
        jbe     .next
        mov     ecx, 5000
.wait:  loop    .wait
        add     rsp, 32
        ret
timer:  push    rax
        mov     al, 0x20
        out     0x20, al
        pop     rax
        iretq
