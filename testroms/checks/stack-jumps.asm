; Jumps by way of the stack in 64-bit code, all on purpose: retpolines with and without an interrupt between, to code that was put into memory at run time, an
; exchange of the return address, data behind the call that is passed over, a return address that is put back, PUSH and RET.
; check: stack
%include "mistake64.inc"
copied  equ 0x150000
start:  LONG_MODE
        LOAD_TSS
        GATE    0x20, timer
        lidt    [idt_pointer]
        TIMER
        sti
        mov     edx, 200
.again: mov     rax, .reached
        call    thunk
.reached:
        dec     edx
        jnz     .again
        cli
        mov     rsi, made
        mov     rdi, copied
        mov     ecx, made_end - made
        cld
        rep     movsb
        mov     eax, copied
        call    .module
        mov     rax, .exchanged
        call    exchange
        ud2
.module:
        call    thunk
.exchanged:
        call    over
        dq      0x0102030405060708
        call    away_and_back
        push    .end
        ret
.end:   xor     eax, eax
        out     0xF4, al

thunk:  call    .set                                            ; a retpoline, as compilers write it
.spin:  pause
        lfence
        jmp     .spin
.set:   mov     [rsp], rax
        ret

exchange:
        xchg    [rsp], rax
        ret
over:   add     qword [rsp], 8
        ret
away_and_back:
        mov     rcx, [rsp]
        mov     qword [rsp], 0
        mov     [rsp], rcx
        ret
made:   add     rsp, 8                                          ; away from the thunk's caller
        mov     rax, start.exchanged
        push    rax
        ret
made_end:
timer:  push    rax
        mov     al, 0x20
        out     0x20, al
        pop     rax
        iretq
