; cpu: max
; What a kernel is kept from, and its user: SMEP, SMAP with STAC and CLAC, execute-disable, UMIP, FSGSBASE, in 64-bit code. SDM Vol. 3A, sections 4.6 and
; 5.13, Vol. 2A and 2B for the instructions.
%include "lib/start.inc"
%include "lib/long.inc"

USERS   equ     8000000000h             ; the low addresses once more, for ring 3; there they are the supervisor's alone
PAGE    equ     USERS + AREA64          ; a page of ring 3: what is executed there returns
NOCODE  equ     PAGE + 1000h            ; the same, and no code may be there
KERNEL  equ     AREA64 + 2000h          ; a page of the supervisor's
LDT64   equ     GATE64
SMEP    equ     20
SMAP    equ     21
UMIP    equ     11
FSGS    equ     16

%macro ring3 1                          ; an instruction in ring 3, and INT 41h behind it
        mov     rax, USERS + USTACK
        push    USER
        push    rax
        push    2
        push    USER64
        mov     rax, USERS + %%user
        push    rax
        iretq
%%user: %1
        int     41h
%endmacro
%macro cr4_set 1
        mov     rax, cr4
        bts     rax, %1
        mov     cr4, rax
%endmacro
%macro cr4_clear 1
        mov     rax, cr4
        btr     rax, %1
        mov     cr4, rax
%endmacro

        section .text
        bits    32
main:   call    make_long_tables
        call    make_long_descriptors
        mov     dword [PML4], PDPT64 | 3
        mov     dword [PML4 + 8], PDPT64 | 7
        mov     dword [PT64 + 8], (AREA64 + 1000h) | 7
        mov     dword [PT64 + 12], 80000000h
        mov     dword [PT64 + 16], (AREA64 + 2000h) | 3
        mov     dword [PT64 + 24], (AREA64 + 3000h) | 5
        mov     byte [AREA64], 0C3h
        mov     byte [AREA64 + 1000h], 0C3h
        mov     byte [AREA64 + 2000h], 0C3h
        raw     LDT64, (SCRATCH << 16) & 0FFFF0000h | 0FFh, 00008200h | (SCRATCH >> 16)
        raw     LDT64 + 8, USERS >> 32, 0
        mov     dword [SCRATCH], 0000FFFFh      ; a data segment, read through the users' addresses
        mov     dword [SCRATCH + 4], 00CF9300h
        mov     ecx, 0C0000080h
        mov     eax, 800h               ; NXE
        xor     edx, edx
        wrmsr
        call    long_mode_on
        mov     ecx, 0C0000080h
        rdmsr
        or      eax, 800h
        wrmsr
        jmp     CODE64:long_start

        bits    64
long_start:
        mov     r12d, RESULTS
        mov     esp, STACK
        xor     eax, eax
        mov     ss, eax
        mov     rbx, PAGE
        mov     rbp, NOCODE
        ; --- without any of them
        check64 "ring 0 reads a page of ring 3", EXPECT(NONE, 0), {mov al, [rbx]}
        check64 "and writes", EXPECT(NONE, 0), {mov byte [rbx + 8], 1}
        check64 "and executes", EXPECT(NONE, 0), {call rbx}
        check64 "but no page with XD", EXPECT(xPF, 11h), {call rbp}
        check64 "CR0.WP: a page that is not writable", EXPECT(xPF, 3), {mov [rbx + 3000h], al}
        check64 "ring 3 reads its page", EXPECT(41h, 0), {ring3 {mov al, [rbx]}}
        check64 "and no page of the supervisor's", EXPECT(xPF, 5), {ring3 {mov al, [abs KERNEL]}}
        check64 "nor writes it", EXPECT(xPF, 7), {ring3 {mov [abs KERNEL], al}}
        check64 "nor executes it", EXPECT(xPF, 15h), {mov ecx, KERNEL}, {ring3 {call rcx}}
        check64 "ring 3: a page with XD", EXPECT(xPF, 15h), {ring3 {call rbp}}
        check64 "ring 3: no page", EXPECT(xPF, 4), {ring3 {mov al, [rbx + 8000h]}}
        ; --- SMEP
        cr4_set SMEP
        check64 "SMEP: ring 0 executes a page of ring 3", EXPECT(xPF, 11h), {call rbx}
        check64 "SMEP: reads it", EXPECT(NONE, 0), {mov al, [rbx]}
        mov     eax, KERNEL
        check64 "SMEP: executes one of its own", EXPECT(NONE, 0), {call rax}
        check64 "SMEP: ring 3 executes its page", EXPECT(41h, 0), {ring3 {call rbx}}
        mov     rax, cr2
        cr4_clear SMEP
        check64 "SMEP cleared", EXPECT(NONE, 0), {call rbx}
        ; --- SMAP
        cr4_set SMAP
        check64 "SMAP: a load", EXPECT(xPF, 1), {mov al, [rbx]}
        check64 "SMAP: a store", EXPECT(xPF, 3), {mov [rbx + 8], al}
        check64 "SMAP: read, modify, write", EXPECT(xPF, 3), {inc byte [rbx + 8]}
        mov     byte [IDT64 + xPF * 16 + 4], 1
        check64 "SMAP: PUSH", EXPECT(xPF, 3), {lea rsp, [rbx + 100h]}, {push rax}
        mov     byte [IDT64 + xPF * 16 + 4], 0
        check64 "SMAP: MOVSB from there", EXPECT(xPF, 1), {mov rsi, rbx}, {mov edi, SCRATCH + 100h}, {movsb}
        check64 "SMAP: a fetch is SMEP's business", EXPECT(NONE, 0), {call rbx}
        check64 "STAC: a load", EXPECT(NONE, 0), {stac}, {mov al, [rbx]}
        check64 "a store while AC is set", EXPECT(NONE, 0), {mov [rbx + 8], al}
        check64 "CLAC: a load", EXPECT(xPF, 1), {clac}, {mov al, [rbx]}
        push    40002h
        popfq
        check64 "POPF sets AC, too", EXPECT(NONE, 0), {mov al, [rbx]}
        check64 "CR0.WP counts with AC", EXPECT(xPF, 3), {mov [rbx + 3000h], al}
        pushfq
        pop     rax
        shr     eax, 18
        and     eax, 1
        value64 "delivery leaves AC", eax, 1
        mov     ecx, LDT64
        lldt    cx
        mov     ecx, 4
        check64 "an implicit access to a page of ring 3, with AC", EXPECT(xPF, 1), {stac}, {mov es, ecx}
        clac
        check64 "and without", EXPECT(xPF, 1), {mov es, ecx}
        cr4_clear SMAP
        check64 "SMAP cleared", EXPECT(NONE, 0), {mov es, ecx}
        cr4_set SMAP
        check64 "SMAP: ring 3 reads its page", EXPECT(41h, 0), {ring3 {mov al, [rbx]}}
        check64 "SMAP: CR0.WP cleared changes nothing", EXPECT(xPF, 3), {mov rax, cr0}, {btr rax, 16}, {call write_unprotected}
        mov     rax, cr0
        bts     rax, 16
        mov     cr0, rax
        check64 "STAC in ring 3", EXPECT(xUD, 0), {ring3 {stac}}
        check64 "CLAC in ring 3", EXPECT(xUD, 0), {ring3 {clac}}
        cr4_clear SMAP
        check64 "STAC without CR4.SMAP", EXPECT(NONE, 0), {stac}, {clac}
        ; --- UMIP
        check64 "ring 3: SGDT", EXPECT(41h, 0), {ring3 {sgdt [rbx + 100h]}}
        check64 "ring 3: SMSW", EXPECT(41h, 0), {ring3 {smsw eax}}
        cr4_set UMIP
        check64 "UMIP: SGDT", EXPECT(xGP, 0), {ring3 {sgdt [rbx + 100h]}}
        check64 "UMIP: SIDT", EXPECT(xGP, 0), {ring3 {sidt [rbx + 100h]}}
        check64 "UMIP: SLDT", EXPECT(xGP, 0), {ring3 {sldt eax}}
        check64 "UMIP: STR", EXPECT(xGP, 0), {ring3 {str eax}}
        check64 "UMIP: SMSW", EXPECT(xGP, 0), {ring3 {smsw eax}}
        check64 "UMIP: ring 0 may", EXPECT(NONE, 0), {sgdt [rbx + 100h]}, {str eax}
        ; --- FSGSBASE
        check64 "RDFSBASE without CR4.FSGSBASE", EXPECT(xUD, 0), {rdfsbase rax}
        check64 "WRGSBASE without it", EXPECT(xUD, 0), {wrgsbase rax}
        cr4_set FSGS
        mov     rax, HIGH + 1234h
        check64 "WRFSBASE", EXPECT(NONE, 0), {wrfsbase rax}, {rdfsbase rdi}
        shr     rdi, 32
        value64 "has 64 bits", edi, 0FFFF8000h
        mov     ecx, 0C0000100h         ; IA32_FS_BASE
        rdmsr
        value64 "and is the MSR", eax, 1234h
        check64 "WRFSBASE by 32 bits", EXPECT(NONE, 0), {wrfsbase eax}, {rdfsbase rdi}
        shr     rdi, 32
        value64 "clears the upper half", edi, 0
        mov     rax, 800000000000h
        check64 "WRGSBASE: not canonical", EXPECT(xGP, 0), {wrgsbase rax}
        check64 "FSGSBASE: ring 3 may", EXPECT(41h, 0), {ring3 {rdgsbase rax}}
        cr4_clear FSGS
        ; --- identification of the processor
        mov     ecx, 0C0000103h         ; IA32_TSC_AUX
        mov     eax, 12345678h
        xor     edx, edx
        wrmsr
        rdpid   rax
        value64 "RDPID reads IA32_TSC_AUX", eax, 12345678h
        rdtscp
        value64 "and so does RDTSCP", ecx, 12345678h
        mov     ecx, 0C0000103h
        xor     eax, eax
        mov     edx, 1
        check64 "IA32_TSC_AUX has 32 bits", EXPECT(xGP, 0), {wrmsr}
        cr4_set 2                       ; TSD
        check64 "CR4.TSD: RDTSCP in ring 3", EXPECT(xGP, 0), {ring3 {rdtscp}}
        cr4_clear 2
        go_outside

write_unprotected:
        mov     cr0, rax
        mov     [rbx + 8], al
        ret

        bits    32
outside:
        call    leave_long_mode
        compare_notes RESULTS
