; cpu: max
; Addresses that are not canonical, on every path that takes one: #GP(0), #SS(0) where the stack segment is referred to, or nothing. SDM Vol. 1,
; section 3.3.7.1, Vol. 2 for each instruction, Vol. 3A, sections 5.8 and 6.14.
%include "lib/start.inc"
%include "lib/long.inc"

EDGE    equ     800000000000h           ; the first that is not
TOP     equ     7FFFFFFFFFFFh           ; the last that is, of the lower half
LDT64   equ     GATE64

%macro at_edge 2-3 nop                  ; text, vector, instruction: RBX, RSI and RDI at the edge
        mov     rbx, EDGE
        mov     rsi, rbx
        mov     rdi, rbx
        check64 %1, EXPECT(%2, 0), {%3}
%endmacro
%macro stack_at_edge 2                  ; text, instruction: what is pushed goes to the edge
        check64 %1, EXPECT(xSS, 0), {mov rsp, EDGE + 8}, {%2}
%endmacro
%macro msr_at_edge 2                    ; text, number
        mov     ecx, %2
        xor     eax, eax
        mov     edx, EDGE >> 32
        check64 %1, EXPECT(xGP, 0), {wrmsr}
%endmacro

        section .text
        bits    32
main:   call    make_long_tables
        call    make_long_descriptors
        mov     dword [PML4 + 255 * 8], PDPT64 | 7      ; the last 2 MBytes of the lower half
        mov     dword [PDPT64 + 511 * 8], PD64 | 7
        mov     dword [PD64 + 511 * 8], 600087h
        mov     dword [PD64 + 24], 600087h
        raw     LDT64, (SCRATCH << 16) & 0FFFF0000h | 0FFh, 00008200h | (SCRATCH >> 16)
        raw     LDT64 + 8, EDGE >> 32, 0
        raw     LDT64 + 16, 67h, 00008900h
        raw     LDT64 + 24, EDGE >> 32, 0
        mov     ecx, 174h
        mov     eax, CODE64
        xor     edx, edx
        wrmsr
        call    long_mode_on
        mov     eax, cr4
        or      eax, 40000h             ; OSXSAVE
        mov     cr4, eax
        jmp     CODE64:long_start

        bits    64
long_start:
        mov     r12d, RESULTS
        mov     esp, STACK
        xor     eax, eax
        mov     ss, eax
        mov     byte [IDT64 + xSS * 16 + 4], 1
        mov     byte [IDT64 + xGP * 16 + 4], 1
        ; --- data
        at_edge "a load", xGP, {mov al, [rbx]}
        at_edge "a store", xGP, {mov [rbx], al}
        at_edge "a load by an index", xGP, {mov al, [rbx * 1 + 1]}
        at_edge "beside FS", xGP, {mov al, [fs:rbx]}
        at_edge "the last byte of a word", xGP, {mov ax, [rbx - 1]}
        at_edge "the last byte below", xPF, {mov al, [rbx - 2000000h]}
        at_edge "LEA takes no address", NONE, {lea rax, [rbx]}
        at_edge "XLAT", xGP, {xlatb}
        mov     rbx, TOP - 7
        mov     eax, 64
        check64 "BT with a bit offset that leads there", EXPECT(xGP, 0), {bt [rbx], rax}
        at_edge "MOVSB from there", xGP, {movsb}
        mov     esi, SCRATCH
        check64 "MOVSB to there", EXPECT(xGP, 0), {movsb}
        at_edge "STOSQ", xGP, {stosq}
        at_edge "SCASB", xGP, {scasb}
        at_edge "LODSB", xGP, {lodsb}
        mov     rdi, TOP - 15
        mov     ecx, 4
        check64 "REP STOSQ up to there", EXPECT(xGP, 0), {rep stosq}
        value64 "has stored two", ecx, 2
        mov     ecx, 0
        at_edge "REP STOSB of nothing", NONE, {rep stosb}
        at_edge "CMPXCHG16B", xGP, {cmpxchg16b [rbx]}
        at_edge "FXSAVE", xGP, {fxsave [rbx]}
        at_edge "XSAVE", xGP, {xsave [rbx]}
        at_edge "FLD", xGP, {fld qword [rbx]}
        at_edge "MOVUPS", xGP, {movups xmm0, [rbx]}
        at_edge "MOVAPS, not aligned either", xGP, {movaps xmm0, [rbx + 1]}
        at_edge "MOVUPS by RSP", xSS, {movups xmm0, [rsp + rbx]}
        at_edge "CLFLUSH", xGP, {clflush [rbx]}
        at_edge "PREFETCHT0 takes any", NONE, {prefetcht0 [rbx]}
        at_edge "INVLPG takes any", NONE, {invlpg [rbx]}
        at_edge "LGDT from there", xGP, {lgdt [rbx]}
        at_edge "SIDT to there", xGP, {sidt [rbx]}
        at_edge "JMP through a pointer there", xGP, {jmp [rbx]}
        at_edge "CALL through a pointer there", xGP, {call [rbx]}
        ; --- the stack
        stack_at_edge "PUSH", {push rax}
        stack_at_edge "POP", {pop rax}
        stack_at_edge "PUSHFQ", {pushfq}
        stack_at_edge "POPFQ", {popfq}
        stack_at_edge "RET", {ret}
        stack_at_edge "far RET", {o64 retf}
        stack_at_edge "IRETQ", {iretq}
        stack_at_edge "CALL", {call long_start}
        stack_at_edge "ENTER", {enter 0, 0}
        stack_at_edge "POP to memory", {pop qword [SCRATCH]}
        stack_at_edge "PUSH of memory", {push qword [SCRATCH]}
        stack_at_edge "CALL through memory", {call qword [SCRATCH]}
        stack_at_edge "far CALL", {o64 call far [far64]}
        stack_at_edge "POP FS", {pop fs}
        stack_at_edge "ADD to it", {add byte [rsp], 1}
        mov     rbp, EDGE
        check64 "LEAVE", EXPECT(xSS, 0), {leave}
        check64 "a load by RBP", EXPECT(xSS, 0), {mov al, [rbp]}
        check64 "by RBP beside FS", EXPECT(xGP, 0), {mov al, [fs:rbp]}
        check64 "RBP as an index", EXPECT(xGP, 0), {mov al, [nosplit rbp * 2]}
        ; --- RIP
        mov     r10, EDGE
        check64 "JMP", EXPECT(xGP, 0), {jmp r10}
        check64 "CALL to there", EXPECT(xGP, 0), {call r10}
        mov     rcx, [frame64]
        mov     rcx, [rcx + 40]
        value64 "which has pushed nothing", ecx, STACK
        check64 "RET to there", EXPECT(xGP, 0), {push r10}, {ret}
        mov     rcx, [frame64]
        mov     rcx, [rcx + 40]
        value64 "which has popped nothing", ecx, STACK - 8
        check64 "RET n to there", EXPECT(xGP, 0), {push r10}, {ret 8}
        mov     [far64], r10
        mov     dword [far64 + 8], CODE64
        check64 "far JMP to there", EXPECT(xGP, 0), {o64 jmp far [far64]}
        check64 "far CALL to there", EXPECT(xGP, 0), {o64 call far [far64]}
        check64 "far RET to there", EXPECT(xGP, 0), {call far_return}
        check64 "IRETQ to there", EXPECT(xGP, 0), {mov edx, CODE64}, {mov ecx, 0}, {call interrupt_return}
        check64 "IRETQ to there, in ring 3", EXPECT(xGP, 0), {mov edx, USER64}, {mov ecx, USER}, {call interrupt_return}
        mov     rcx, r10
        check64 "SYSRET", EXPECT(xGP, 0), {o64 sysret}
        mov     ecx, USTACK
        mov     rdx, r10
        check64 "SYSEXIT: RDX", EXPECT(xGP, 0), {o64 sysexit}
        mov     rcx, r10
        mov     edx, user
        check64 "SYSEXIT: RCX", EXPECT(xGP, 0), {o64 sysexit}
        mov     byte [7FFFFFh], 90h
        mov     r10, TOP
        check64 "NOP in the last byte below", EXPECT(xGP, 0), {jmp r10}
        mov     rcx, [frame64]
        mov     rcx, [rcx + 16]
        shr     rcx, 32
        value64 "and the fault is behind it", ecx, EDGE >> 32
        mov     word [7FFFFEh], 0EB90h  ; JMP without its second byte
        check64 "an instruction across the edge", EXPECT(xGP, 0), {jmp r10}
        mov     rcx, [frame64]
        mov     rcx, [rcx + 16]
        value64 "is where it begins", ecx, 0FFFFFFFFh
        mov     word [7FFFFEh], 00EBh   ; JMP to behind it
        dec     r10
        check64 "JMP to the next byte", EXPECT(xGP, 0), {jmp r10}
        mov     rcx, [frame64]
        mov     rcx, [rcx + 16]
        value64 "faults itself", ecx, 0FFFFFFFEh
        ; --- registers
        msr_at_edge "IA32_FS_BASE", 0C0000100h
        msr_at_edge "IA32_GS_BASE", 0C0000101h
        msr_at_edge "IA32_KERNEL_GS_BASE", 0C0000102h
        msr_at_edge "IA32_LSTAR", 0C0000082h
        msr_at_edge "IA32_CSTAR", 0C0000083h
        msr_at_edge "IA32_SYSENTER_ESP", 175h
        msr_at_edge "IA32_SYSENTER_EIP", 176h
        mov     rax, EDGE
        mov     [SCRATCH + 2], rax
        mov     word [SCRATCH], 0FFh
        check64 "LGDT of such a base", EXPECT(xGP, 0), {lgdt [SCRATCH]}
        check64 "LIDT of such a base", EXPECT(xGP, 0), {lidt [SCRATCH]}
        mov     eax, LDT64
        check64 "LLDT of such a base", EXPECT(xGP, LDT64), {lldt ax}
        mov     eax, LDT64 + 16
        check64 "LTR of such a base", EXPECT(xGP, LDT64 + 16), {ltr ax}
        mov     rax, EDGE
        check64 "MOV to DR0 takes any", EXPECT(NONE, 0), {mov dr0, rax}
        xor     eax, eax
        mov     dr0, rax
        ; --- stacks of delivery
        mov     qword [TASK64 + 24h + 8], 0
        mov     dword [TASK64 + 24h + 12], EDGE >> 32   ; IST 2
        mov     byte [IDT64 + 41h * 16 + 4], 2
        check64 "the interrupt stack table leads there", EXPECT(xSS, 0), {int 41h}
        mov     byte [IDT64 + 41h * 16 + 4], 0
        mov     qword [TASK64 + 4], 0
        mov     dword [TASK64 + 8], EDGE >> 32          ; RSP0
        check64 "RSP0 leads there", EXPECT(xSS, 0), {mov edx, USER64}, {mov ecx, USER}, {call to_user}
        go_outside

far_return:
        push    CODE64
        push    r10
        o64     retf
to_user:
        mov     r10d, user
interrupt_return:                       ; to R10, by CS = RDX and SS = RCX
        push    rcx
        push    USTACK
        push    2
        push    rdx
        push    r10
        iretq
user:   int     41h

        bits    32
outside:
        call    leave_long_mode
        compare_notes RESULTS
