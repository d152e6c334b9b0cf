; cpu: x86-64-v2
; IA-32e mode: the way in and its illegal orders, canonical addresses, reserved bits of four-level tables, gates of 16 bytes and the interrupt
; stack table, SYSCALL, compatibility mode, and the way out. SDM Vol. 3A, sections 2.2, 4.5, 5.8, 6.14 and 9.8.5.
%include "lib/start.inc"

CODE64  equ     FREE
DATA64  equ     FREE + 8
USER32  equ     FREE + 16 | 3
USER    equ     FREE + 24 | 3           ; data; 64-bit code follows, as SYSRET wants it
USER64  equ     FREE + 32 | 3
TSS64   equ     FREE + 40
CODELD  equ     FREE + 56               ; L and D set
GATE64  equ     FREE + 64

PML4    equ     100000h
PDPT64  equ     101000h
PD64    equ     102000h
PT64    equ     103000h                 ; of AREA64
AREA64  equ     400000h
IDT64   equ     104000h
TASK64  equ     105000h
RESULTS equ     110000h
IST1    equ     120000h
RSP0    equ     122008h
USTACK  equ     124000h
HIGH    equ     0FFFF800000000000h
NONE    equ     0FFFFh                  ; no exception

%define EXPECT(vector, error) ((vector) << 16 | (error))

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
        mov     eax, cr4
        or      eax, 620h               ; PAE, OSFXSR, OSXMMEXCPT
        mov     cr4, eax
        mov     ecx, 0C0000080h
        mov     eax, 101h               ; LME, SCE
        xor     edx, edx
        wrmsr
        mov     ecx, 0C0000081h
        xor     eax, eax
        mov     edx, (USER32 << 16) | CODE64
        wrmsr
        mov     ecx, 0C0000084h
        mov     eax, 40600h             ; FMASK: AC, DF, IF
        xor     edx, edx
        wrmsr
        mov     ebx, RESULTS
        mov     eax, cr0
        or      eax, 80010000h
        mov     cr0, eax
        mov     ecx, 0C0000080h
        rdmsr
        is      "IA32_EFER.LMA is set by CR0.PG", eax, 501h
        lidt    [idt64_pointer]
        mov     ax, TSS64
        ltr     ax
        jmp     CODE64:long_start

        bits    64
%include "lib/notes64.inc"
; check64 "text", EXPECT(vector, error), one to three instructions: R12 to R15 stay. Without an exception the vector is NONE.
%macro check64 3-5 nop, nop
        [section .data]
%%text: db      %1, 0
        __SECT__
        lea     r15, [rel %%after]
        mov     [resume64], r15
        mov     [stack64], rsp
        mov     dword [got64], EXPECT(NONE, 0)
        %3
        %4
        %5
%%after:
        mov     eax, [got64]
        mov     edx, %2
        mov     esi, %%text
        call    record64
%endmacro

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
%macro iretq64 4                        ; CS, SS, low half of RIP, of RSP
        push    %2
        push    %4
        push    2
        push    %1
        push    %3
        iretq
%endmacro
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
        mov     eax, DATA0
        mov     ss, eax
        o64 jmp far [way_out]

caught64:                               ; vector and error code on the stack
        mov     [rax64], rax
        mov     [frame64], rsp
        mov     eax, [rsp]
        shl     eax, 16
        or      eax, [rsp + 8]
        mov     [got64], eax
        mov     rsp, [stack64]
        jmp     [resume64]

user_hlt:
        hlt

        align   16
stubs64:
%assign stub_number 0
%rep 48h
        align   16
%if stub_number != xDF && (stub_number < xTS || stub_number > xPF) && stub_number != xAC
        push    0
%endif
        push    stub_number
        jmp     near caught64
%assign stub_number stub_number + 1
%endrep

        bits    32
user32: mov     eax, 1234h
        inc     eax                     ; a REX prefix in 64-bit code
        int     41h
user32_syscall:
        syscall

outside:
        mov     eax, DATA0
        mov     ds, eax
        mov     es, eax
        mov     eax, cr0
        and     eax, 7FFFFFFFh
        mov     cr0, eax
        mov     ecx, 0C0000080h
        rdmsr
        lidt    [idt_pointer]
        is      "IA32_EFER.LMA goes with CR0.PG", eax, 101h
        compare_notes RESULTS

make_long_tables:
        mov     edi, PML4
        mov     ecx, (IST1 - PML4) / 4
        xor     eax, eax
        cld
        rep     stosd
        mov     dword [PML4], PDPT64 | 7
        mov     dword [PML4 + 256 * 8], PDPT64 | 3
        mov     dword [PDPT64], PD64 | 7
        mov     dword [PD64], 87h
        mov     dword [PD64 + 8], 200087h
        mov     dword [PD64 + 16], PT64 | 7
        mov     dword [PT64], AREA64 | 7
        mov     dword [TASK64 + 4], RSP0
        mov     dword [TASK64 + 24h], IST1
        mov     word [TASK64 + 66h], 68h
        xor     ecx, ecx
.gate:  mov     eax, ecx
        shl     eax, 4
        mov     edi, eax
        add     eax, stubs64
        mov     [IDT64 + edi], eax
        mov     [IDT64 + edi + 4], eax
        mov     word [IDT64 + edi + 2], CODE64
        mov     word [IDT64 + edi + 4], 0EE00h
        inc     ecx
        cmp     ecx, 48h
        jb      .gate
        ret

%macro raw 3                            ; selector, low half, high half
        mov     dword [gdt + (%1 & ~7)], %2
        mov     dword [gdt + (%1 & ~7) + 4], %3
%endmacro
make_long_descriptors:
        raw     CODE64, 0000FFFFh, 00AF9B00h
        raw     DATA64, 0000FFFFh, 00CF9300h
        raw     USER32, 0000FFFFh, 00CFFB00h
        raw     USER, 0000FFFFh, 00CFF300h
        raw     USER64, 0000FFFFh, 00AFFB00h
        raw     TSS64, ((TASK64 & 0FFFFh) << 16) | 67h, 00008900h | (TASK64 >> 16)
        raw     TSS64 + 8, 0, 0
        raw     CODELD, 0000FFFFh, 00EF9B00h
        ret

        section .data
        align   16
idt64_pointer:
        dw      48h * 16 - 1
        dd      IDT64
        align   8
far64:  dq      0
        dq      CODE64
way_out:
        dq      outside
        dw      CODE0
        align   8
resume64:
        dq      0
stack64:
        dq      0
frame64:
        dq      0
rax64:  dq      0
got64:  dd      0
