; cpu: x86-64-v2
; IA-32e mode: the way in and its illegal orders, canonical addresses, reserved bits of four-level tables, gates of 16 bytes and the interrupt
; stack table, SYSCALL, compatibility mode, and the way out. SDM Vol. 3A, sections 2.2, 4.5, 5.8, 6.14 and 9.8.5.
%include "lib/start.inc"
%include "lib/long.inc"

        section .text
        bits    32
main:   call    make_long_tables
        call    make_long_descriptors
        ; --- illegal orders, in 32-bit code
        mov     ecx, 0C0000080h
        mov     eax, 100h
        xor     edx, edx
        wrmsr
        mov     eax, PML4
        mov     cr3, eax
        probe   "PG with LME and without PAE"
        set     eax, 80000031h
        code
.f:     mov     cr0, eax
        endcode
        want    xGP, 0
        probe   "IA32_EFER: a reserved bit"
        set     ecx, 0C0000080h
        set     eax, 100102h
        set     edx, 0
        code
.f:     wrmsr
        endcode
        want    xGP, 0
        probe   "IA32_LSTAR that is not canonical"
        set     ecx, 0C0000082h
        set     eax, 0
        set     edx, 8000h
        code
.f:     wrmsr
        endcode
        want    xGP, 0
        probe   "CR4.PCIDE outside IA-32e mode"
        set     eax, 20020h
        code
.f:     mov     cr4, eax
        endcode
        want    xGP, 0

        ; --- in
        call    long_mode_on
        mov     ecx, 0C0000080h
        rdmsr
        is      "IA32_EFER.LMA is set by CR0.PG", eax, 501h
        jmp     CODE64:long_start

        bits    64
long_start:
        mov     r12d, ebx
        mov     esp, STACK
        xor     eax, eax
        mov     ss, eax                 ; no stack segment is needed
        ; --- canonical addresses
        mov     rbx, 800000000000h
        check64 "load at the first address that is not canonical", EXPECT(xGP, 0), {mov al, [rbx]}
        mov     rbx, 0FFFF7FFFFFFFFFFFh
        check64 "load at the last one", EXPECT(xGP, 0), {mov al, [rbx]}
        mov     rbx, 7FFFFFFFFFFCh
        check64 "quadword across the edge", EXPECT(xGP, 0), {mov rax, [rbx]}
        mov     rbp, 800000000000h
        check64 "the same by RBP", EXPECT(xSS, 0), {mov al, [rbp]}
        mov     byte [IDT64 + xSS * 16 + 4], 1  ; or the frame would have no place either
        mov     byte [IDT64 + xGP * 16 + 4], 1
        check64 "PUSH there", EXPECT(xSS, 0), {mov rsp, 800000000008h}, {push rax}
        mov     byte [IDT64 + xGP * 16 + 4], 0
        check64 "JMP there", EXPECT(xGP, 0), {mov rax, 800000000000h}, {jmp rax}
        mov     rbx, 7FFFFFFFF000h
        check64 "canonical, and no page", EXPECT(xPF, 0), {mov al, [rbx]}
        mov     rbx, HIGH + 7C00h
        check64 "the upper half", EXPECT(NONE, 0), {mov al, [rbx]}
        mov     rbx, cr2
        shr     rbx, 16
        value64 "CR2 has 64 bits", ebx, 7FFFFFFFh
        ; --- reserved bits, by level
        mov     rbx, AREA64
        mov     rdi, PT64
%macro entry64 4                        ; text, address of the entry, bit, error code
        mov     rdi, %2
        bts     qword [rdi], %3
        invlpg  [rbx]
        check64 %1, EXPECT(xPF, %4), {mov al, [rbx]}
        btr     qword [rdi], %3
        invlpg  [rbx]
%endmacro
        check64 "a page", EXPECT(NONE, 0), {mov al, [rbx]}
        entry64 "page table entry: bit 51", PT64, 51, 9
        entry64 "page table entry: bit 63 without NXE", PT64, 63, 9
        entry64 "page directory entry: bit 63 without NXE", PD64 + 16, 63, 9
        mov     rbx, 200000h
        entry64 "2-MByte page: bit 13", PD64 + 8, 13, 9
        entry64 "2-MByte page: bit 20", PD64 + 8, 20, 9
        mov     dword [PDPT64 + 8], PD64 | 7    ; the same once more from 1 GByte on
        mov     rbx, 40200000h
        entry64 "page-directory-pointer table entry: PS without pages of 1 GByte", PDPT64 + 8, 7, 9
        ; --- system calls
        mov     ecx, 0C0000082h
        lea     rax, [rel .called]
        xor     edx, edx
        wrmsr
        lea     rcx, [rel .user]
        mov     r11d, 602h              ; IF and DF
        mov     [stack64], rsp
        o64     sysret
.user:  mov     esi, cs
        syscall
.back:
.called:
        pushfq
        pop     r13
        lea     rdx, [rel .back]
        sub     rcx, rdx
        mov     r14, rcx
        mov     r15d, esi
        value64 "SYSRET goes to 64-bit code", r15d, USER64
        value64 "SYSCALL leaves RIP in RCX", r14d, 0
        value64 "SYSCALL leaves RFLAGS in R11", r11d, 602h
        value64 "SYSCALL masks RFLAGS", r13d, 2
        mov     r14d, cs
        value64 "SYSCALL loads CS", r14d, CODE64
        mov     r14d, ss
        value64 "SYSCALL loads SS", r14d, DATA64
        cld
        mov     rcx, 800000000000h
        check64 "SYSRET to an address that is not canonical", EXPECT(xGP, 0), {o64 sysret}
        ; --- gates
        mov     rbx, IDT64 + 41h * 16
        check64 "INT n through a 64-bit gate", EXPECT(41h, 0), {int 41h}
        mov     word [rbx + 2], CODE0
        check64 "gate to 32-bit code", EXPECT(xGP, CODE0), {int 41h}
        mov     word [rbx + 2], CODELD
        check64 "gate to code with L and D", EXPECT(xGP, CODELD), {int 41h}
        mov     word [rbx + 2], CODE64
        mov     byte [rbx + 5], 85h
        check64 "a task gate", EXPECT(xGP, 41h * 8 + 2), {int 41h}
        mov     byte [rbx + 5], 0Eh
        check64 "gate not present", EXPECT(xNP, 41h * 8 + 2), {int 41h}
        mov     byte [rbx + 5], 0EEh
        mov     dword [rbx + 8], 8000h
        check64 "gate to an address that is not canonical", EXPECT(xGP, 0), {int 41h}
        mov     dword [rbx + 8], 0
        mov     byte [rbx + 4], 1
        check64 "the interrupt stack table", EXPECT(41h, 0), {int 41h}
        mov     rax, [frame64]
        value64 "its frame", eax, IST1 - 56
        mov     byte [rbx + 4], 0
        check64 "a frame is aligned", EXPECT(41h, 0), {mov rsp, STACK - 3}, {int 41h}
        mov     rax, [frame64]
        value64 "to 16 bytes", eax, STACK - 16 - 56
        ; --- IRETQ, far transfers
        mov     dword [far64 + 8], CODELD
        check64 "JMP to code with L and D", EXPECT(xGP, CODELD), {o64 jmp far [far64]}
        mov     dword [far64 + 8], TSS64
        check64 "JMP to a TSS", EXPECT(xGP, TSS64), {o64 jmp far [far64]}
        check64 "IRETQ with NT", EXPECT(xGP, 0), {push 4002h}, {popfq}, {iretq}
        push    2
        popfq
        check64 "IRETQ to ring 3 with a null SS", EXPECT(xGP, 0), {iretq64 USER64, 0, 0, 0}
        check64 "IRETQ to 32-bit code with a null SS", EXPECT(xGP, 0), {iretq64 CODE0, 0, 0, 0}
        check64 "ring 3: HLT", EXPECT(xGP, 0), {iretq64 USER64, USER, user_hlt, USTACK}
        mov     rax, [frame64]
        value64 "the stack of the TSS", eax, RSP0 - 8 - 56
        check64 "compatibility mode: INC EAX is there", EXPECT(41h, 0), {iretq64 USER32, USER, user32, USTACK}
        mov     rax, [rax64]
        value64 "and adds", eax, 1235h
        check64 "compatibility mode: SYSCALL", EXPECT(xUD, 0), {iretq64 USER32, USER, user32_syscall, USTACK}
        check64 "64-bit mode: PUSH ES", EXPECT(xUD, 0), {db 6}
        check64 "64-bit mode: CR4.PAE cleared", EXPECT(xGP, 0), {xor eax, eax}, {mov cr4, rax}
        check64 "64-bit mode: CR0.PG cleared", EXPECT(xGP, 0), {mov eax, 31h}, {mov cr0, rax}
        check64 "CR0 above bit 31", EXPECT(xGP, 0), {mov rax, 180000031h}, {mov cr0, rax}
        check64 "CR8 above 15", EXPECT(xGP, 0), {mov eax, 16}, {mov cr8, rax}
        ; --- out
        go_outside

user_hlt:
        hlt

        bits    32
user32: mov     eax, 1234h
        inc     eax                     ; a REX prefix in 64-bit code
        int     41h
user32_syscall:
        syscall

outside:
        call    leave_long_mode
        mov     ecx, 0C0000080h
        rdmsr
        is      "IA32_EFER.LMA goes with CR0.PG", eax, 101h
        compare_notes RESULTS
