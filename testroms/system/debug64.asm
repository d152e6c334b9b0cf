; cpu: x86-64-v2
; Debugging 64-bit code: registers of 64 bits, breakpoints above 4 GBytes and of eight bytes, single steps through what 64-bit mode has of its own.
; SDM Vol. 3B, chapter 17.
%include "lib/start.inc"
%include "lib/long.inc"

%macro breakpoint 2                     ; DR0, DR7; DR6 := 0
        xor     eax, eax
        mov     dr7, rax
        mov     dr6, rax
        mov     rax, %1
        mov     dr0, rax
        mov     eax, %2
        mov     dr7, rax
%endmacro
%macro dr6_is 2                         ; text, value
        mov     rax, dr6
        value64 %1, eax, %2
%endmacro
%macro no_breakpoint 0
        xor     eax, eax
        mov     dr7, rax
        mov     dr6, rax
%endmacro
%macro stepped 2                        ; text, instruction with TF set; RCX = where the step ended
        check64 %1, EXPECT(xDB, 0), {push 102h}, {popfq}, {%2}
        mov     rcx, [frame64]
        mov     rcx, [rcx + 16]
%endmacro

ONES    equ     0FFFF0FF0h              ; the bits of DR6 that are fixed
WRITE1  equ     10001h | 400h           ; DR7: DR0, writes, of 1, 8 bytes; accesses; execution
WRITE8  equ     90001h | 400h
ACCESS8 equ     0B0001h | 400h
EXECUTE equ     1 | 400h

        section .text
        bits    32
main:   call    make_long_tables
        call    make_long_descriptors
        call    long_mode_on
        jmp     CODE64:long_start

        bits    64
long_start:
        mov     r12d, RESULTS
        mov     esp, STACK
        xor     eax, eax
        mov     ss, eax
        mov     ecx, 0C0000084h         ; IA32_FMASK: TF is left
        mov     eax, 200h
        xor     edx, edx
        wrmsr
        mov     ecx, 0C0000082h
        lea     rax, [rel service]
        wrmsr
        ; --- registers
        mov     rbx, 123456789ABCDEF0h
        mov     dr1, rbx
        mov     rcx, dr1
        shr     rcx, 32
        value64 "DR1 has 64 bits", ecx, 12345678h
        xor     eax, eax
        mov     dr1, rax
        mov     rbx, 100000400h
        check64 "DR7 above bit 31", EXPECT(xGP, 0), {mov dr7, rbx}
        check64 "DR6 above bit 31", EXPECT(xGP, 0), {mov dr6, rbx}
        mov     rcx, dr6
        shr     rcx, 32
        value64 "DR6 has zeros there", ecx, 0
        check64 "DR4 without CR4.DE is DR6", EXPECT(NONE, 0), {db 0Fh, 21h, 0E0h}
        check64 "DR8", EXPECT(xUD, 0), {db 44h, 0Fh, 23h, 0C0h}
        check64 "MOV DR with an operand size is by 64 bits all the same", EXPECT(NONE, 0), {db 66h, 0Fh, 21h, 0C8h}
        mov     rax, cr4
        bts     rax, 3
        mov     cr4, rax
        check64 "DR4 with CR4.DE", EXPECT(xUD, 0), {db 0Fh, 21h, 0E0h}
        ; --- data
        mov     ebx, AREA64
        mov     rbp, HIGH + AREA64
        breakpoint rbp, WRITE1
        check64 "a write above 4 GBytes", EXPECT(xDB, 0), {mov [rbp], al}
        dr6_is  "is B0", ONES | 1
        breakpoint rbp, WRITE1
        check64 "the same place by another address", EXPECT(NONE, 0), {mov [rbx], al}
        check64 "a load is no write", EXPECT(NONE, 0), {mov al, [rbp]}
        breakpoint AREA64 + 8, WRITE8
        check64 "eight bytes: the last one", EXPECT(xDB, 0), {mov [rbx + 15], al}
        check64 "and behind it", EXPECT(NONE, 0), {mov [rbx + 16], al}
        check64 "and before", EXPECT(NONE, 0), {mov [rbx + 7], al}
        check64 "a quadword that ends in it", EXPECT(xDB, 0), {mov [rbx + 1], rax}
        check64 "sixteen bytes around it", EXPECT(xDB, 0), {movups [rbx], xmm0}
        breakpoint AREA64 + 13, WRITE8
        check64 "its low bits do not count", EXPECT(xDB, 0), {mov [rbx + 8], al}
        breakpoint AREA64 + 8, ACCESS8
        check64 "a load by PUSH", EXPECT(xDB, 0), {push qword [rbx + 8]}
        breakpoint AREA64 + 0F00h, WRITE8
        check64 "CALL pushes there", EXPECT(xDB, 0), {mov esp, AREA64 + 0F08h}, {call nothing}
        no_breakpoint
        ; --- code
        lea     rdi, [rel target]
        mov     r11, HIGH
        add     rdi, r11
        breakpoint rdi, EXECUTE
        check64 "code above 4 GBytes", EXPECT(xDB, 0), {jmp rdi}
        mov     rcx, [frame64]
        mov     rcx, [rcx + 16]
        sub     rcx, rdi
        value64 "is a fault", ecx, 0
        mov     rcx, [frame64]
        mov     ecx, [rcx + 32]
        and     ecx, 10000h
        value64 "that leaves RF as it is", ecx, 0
        breakpoint rdi, EXECUTE
        check64 "IRETQ with RF goes on", EXPECT(41h, 0), {call to_target}
        no_breakpoint
        ; --- single steps
        stepped "after MOV by 64 bits", {mov rax, 1122334455667788h}
        stepped "after SYSCALL whose mask leaves TF", {syscall}
        lea     rdx, [rel service]
        sub     rcx, rdx
        value64 "at the service's first instruction", ecx, 0
        dr6_is  "DR6.BS", ONES | 4000h
        no_breakpoint
        check64 "IRETQ sets TF: after the next instruction", EXPECT(xDB, 0), {call step_by_iret}
        mov     rcx, [frame64]
        mov     rcx, [rcx + 16]
        lea     rdx, [rel nothing + 1]
        sub     rcx, rdx
        value64 "behind it", ecx, 0
        no_breakpoint
        check64 "INT1", EXPECT(xDB, 0), {db 0F1h}
        dr6_is  "sets nothing", ONES
        check64 "DR7.GD", EXPECT(xDB, 0), {mov eax, 2400h}, {mov dr7, rax}, {mov rax, dr0}
        dr6_is  "is BD", ONES | 2000h
        no_breakpoint
        breakpoint 80h, 20001h | 400h
        check64 "IN from a port that is watched", EXPECT(xDB, 0), {in al, 80h}
        no_breakpoint
        go_outside

service:
        int     41h
to_target:
        push    0
        push    STACK
        push    10002h
        push    CODE64
        push    rdi
        iretq
step_by_iret:
        push    0
        push    STACK
        push    102h
        push    CODE64
        push    nothing
        iretq
nothing:
        nop
        nop
        ret
target: int     41h

        bits    32
outside:
        call    leave_long_mode
        compare_notes RESULTS
