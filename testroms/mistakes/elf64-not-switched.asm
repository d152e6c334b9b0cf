; A kernel in an ELF64 file, as somebody links it who comes from user programs: its first code is 64-bit code, and nothing has switched IA-32e mode on.
; expect: is 64-bit code, and the processor is in 32-bit protected mode, in which a kernel is started: begin with 32-bit code (bits 32, .code32)
; status: 10 11 12 15 16
; link: elf64
; variants: -DCALLS | -DPOINTER | -DMULTIBOOT
bits 64
global start
section .text
%ifdef MULTIBOOT
align 4
        dd      0x1BADB002, 0, -0x1BADB002
%endif
start:  mov     rsp, stack_top
        mov     edi, 0xB8000
        mov     word [rdi], 0x0741
%ifdef CALLS
        mov     rcx, 10
.next:  call    work
        dec     rcx
        jnz     .next
%elifdef POINTER
        lea     rax, [rel value]
        mov     rbx, [rax]
        jmp     [rbx]
%endif
.stop:  hlt
        jmp     .stop
work:   push    rbp
        mov     rbp, rsp
        mov     rax, [rel value]
        add     rax, 1
        mov     [rel value], rax
        pop     rbp
        ret
section .data
value:  dq      .stop_address
.stop_address: dq start.stop
section .bss
        resb    4096
stack_top:
