; Sixteen registers of 64 bits. Each gets two bits of its own, one in either half, so that the sum has all of them once.

REGISTER_SUM    equ 0000FFFF0000FFFFh

        bits 64
; Interrupts are off here, or one would find no stack: RSP is a number, too.
registers_check:
        push    rbx
        push    rbp
        mov     [.stack], rsp
%assign bit 0
%macro fill 1-*
  %rep %0
        mov     %1, 1 << bit | 1 << (bit + 32)
    %assign bit bit + 1
    %rotate 1
  %endrep
%endmacro
        fill    rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
%macro sum 1-*
  %rep %0
        add     rax, %1
    %rotate 1
  %endrep
%endmacro
        sum     rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
        mov     rsp, [.stack]
        pop     rbp
        pop     rbx
        push    rax
        mov     rdx, rax
        mov     edi, in_box(ROW_REGISTERS, LEFT, 1) + 2 * 18
        call    put_address
        pop     rax
        mov     rdx, REGISTER_SUM
        cmp     rax, rdx
        jne     .failed
        clc
        ret
.failed:
        stc
        ret
        align 8
.stack:         dq 0
