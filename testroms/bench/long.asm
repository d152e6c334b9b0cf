; 64-bit code. Each head says what one unit is. ECX = units; the answer is a checksum in EAX.

        bits 32
%macro long_workload 1                  ; name of the 32-bit label; the 64-bit code follows, with RBX = units; it answers in RAX
%1:     mov     edi, %%code
        jmp     in_long_mode
        bits    64
%%code:
%endmacro

; Enters IA-32e mode and calls the 64-bit code at EDI with RBX = ECX, then comes back; 64 bits of checksum become 32.
in_long_mode:
        mov     ebx, ecx
        mov     [kernel_stack], esp
        mov     esi, edi
        mov     edi, LONG_TABLES
        mov     ecx, 3000h / 4
        xor     eax, eax
        rep     stosd
        mov     dword [LONG_TABLES], LONG_TABLES + 1000h | PRESENT | WRITABLE | USER
        mov     dword [LONG_TABLES + 1000h], LONG_TABLES + 2000h | PRESENT | WRITABLE | USER
        mov     edi, LONG_TABLES + 2000h
        mov     eax, 80h | PRESENT | WRITABLE | USER
        mov     ecx, 16                 ; 32 MiB by pages of 2
.page:
        mov     [edi], eax
        add     edi, 8
        add     eax, 200000h
        loop    .page
        mov     eax, cr4
        or      eax, 220h               ; PAE, OSFXSR
        mov     cr4, eax
        mov     eax, LONG_TABLES
        mov     cr3, eax
        mov     ecx, 0C0000080h         ; IA32_EFER: LME, SCE
        rdmsr
        or      eax, 101h
        wrmsr
        mov     eax, cr0
        or      eax, 80000000h
        mov     cr0, eax
        jmp     CODE_64:.long
        bits    64
.long:
        mov     esp, esp
        mov     esi, esi
        call    rsi
.back:
        mov     rdx, rax
        shr     rdx, 32
        xor     eax, edx
        push    CODE_0
        push    .legacy
        o64 retf
        bits    32
.legacy:
        mov     esi, eax
        mov     eax, cr0
        and     eax, 7FFFFFFFh
        mov     cr0, eax
        mov     ecx, 0C0000080h
        rdmsr
        and     eax, ~101h
        wrmsr
        mov     eax, esi
        mov     esp, [kernel_stack]
        ret

; Registers only, as int-hash, by 64 bits. Unit: 1000 rounds.
        long_workload long_hash
        mov     r8, 88172645463325252
        mov     r9, 0CBF29CE484222325h
        mov     r14, 100000001B3h
        xor     esi, esi
        xor     edi, edi
.unit:
        mov     ecx, 1000
.round:
        mov     rdx, r8
        shl     rdx, 13
        xor     r8, rdx
        mov     rdx, r8
        shr     rdx, 7
        xor     r8, rdx
        mov     rdx, r8
        shl     rdx, 17
        xor     r8, rdx
        imul    r9, r14
        xor     r9, r8
        rol     rsi, 7
        add     rsi, r9
        adc     rdi, 3
        lea     rdi, [rdi + rsi * 2 + 5]
        bswap   rdi
        sub     rsi, rdi
        dec     ecx
        jnz     .round
        dec     rbx
        jnz     .unit
        lea     rax, [r9 + rsi]
        xor     rax, rdi
        ret

; Shell's sort of 1024 quadwords that are made anew. Unit: 1024 numbers.
        long_workload long_sort
        mov     r15d, BUFFER
        xor     r14d, r14d
        mov     rax, 88172645463325252
.unit:
        xor     ecx, ecx
.fill:
        mov     rdx, rax
        shl     rdx, 13
        xor     rax, rdx
        mov     rdx, rax
        shr     rdx, 7
        xor     rax, rdx
        mov     rdx, rax
        shl     rdx, 17
        xor     rax, rdx
        mov     [r15 + rcx * 8], rax
        inc     ecx
        cmp     ecx, 1024
        jb      .fill
        mov     r8d, 512                ; the gap
.pass:
        mov     r9, r8
.number:
        mov     r10, [r15 + r9 * 8]
        mov     r11, r9
.shift:
        mov     r12, r11
        sub     r12, r8
        js      .place
        mov     rdx, [r15 + r12 * 8]
        cmp     rdx, r10
        jbe     .place
        mov     [r15 + r11 * 8], rdx
        mov     r11, r12
        jmp     .shift
.place:
        mov     [r15 + r11 * 8], r10
        inc     r9
        cmp     r9, 1024
        jb      .number
        shr     r8, 1
        jnz     .pass
        rol     r14, 5
        xor     r14, [r15]
        add     r14, [r15 + 512 * 8]
        dec     rbx
        jnz     .unit
        mov     rax, r14
        ret

; Fibonacci's numbers by recursion, as a compiler writes it. Unit: 3193 calls.
        long_workload long_call
        xor     r13d, r13d
.unit:
        mov     edi, 16
        call    .fibonacci
        rol     r13, 3
        add     r13, rax
        dec     rbx
        jnz     .unit
        mov     rax, r13
        ret
.fibonacci:
        push    rbp
        mov     rbp, rsp
        push    r12
        push    r14
        mov     r12, rdi
        mov     eax, edi
        cmp     edi, 2
        jb      .known
        lea     rdi, [r12 - 1]
        call    .fibonacci
        mov     r14, rax
        lea     rdi, [r12 - 2]
        call    .fibonacci
        add     rax, r14
.known:
        pop     r14
        pop     r12
        pop     rbp
        ret

; SYSCALL and SYSRET between rings 3 and 0, with SWAPGS and a stack of the kernel's as systems have it. Unit: one call.
        long_workload long_syscall
        mov     ecx, 0C0000081h         ; IA32_STAR, IA32_LSTAR
        xor     eax, eax
        mov     edx, CODE_64 | (STAR_3 << 16)
        wrmsr
        inc     ecx
        mov     eax, .service
        xor     edx, edx
        wrmsr
        mov     ecx, 0C0000084h         ; IA32_FMASK: IF
        mov     eax, 200h
        wrmsr
        mov     ecx, 0C0000102h         ; IA32_KERNEL_GS_BASE
        mov     eax, LONG_AREA
        wrmsr
        mov     [LONG_AREA], rsp
        mov     [LONG_AREA + 16], rsp
        xor     r13d, r13d
        mov     esp, USER_STACK
        mov     ecx, .user
        mov     r11d, 2
        o64 sysret
.user:
        mov     eax, ebx
        syscall
        dec     rbx
        jnz     .user
        mov     eax, -1                 ; no more
        syscall
.service:
        swapgs
        mov     [gs:8], rsp
        mov     rsp, [gs:0]
        push    rcx
        push    r11
        cmp     eax, -1
        je      .leave
        rol     r13, 1
        add     r13, rax
        pop     r11
        pop     rcx
        mov     rsp, [gs:8]
        swapgs
        o64 sysret
.leave:
        mov     rsp, [gs:16]
        swapgs
        mov     rax, r13
        ret

; Two address spaces with the same page numbers and other frames, as page-cr3. Unit: there and back, eight pages touched in each.
        long_workload long_cr3
        xor     r12d, r12d
        jmp     long_switches

; The same with process-context identifiers, and translations that are kept, where the processor has them.
        long_workload long_pcid
        mov     ebp, ebx
        mov     eax, 1
        cpuid
        mov     ebx, ebp
        xor     r12d, r12d
        bt      ecx, 17
        jnc     long_switches
        mov     rax, cr4
        bts     rax, 17                 ; PCIDE
        mov     cr4, rax
        bts     r12, 63

; R12 = 0, or bit 63 set where CR4.PCIDE is.
long_switches:
        mov     edi, LONG_SPACES
        mov     ecx, 0A000h / 8
        xor     eax, eax
        rep     stosq
        mov     edi, LONG_SPACES
        mov     edx, FRAMES | PRESENT | WRITABLE
.space:                                 ; PML4, pointers, a directory for the window; the first GByte is that of the other tables
        lea     eax, [rdi + 1000h + (PRESENT | WRITABLE)]
        mov     [rdi], rax
        mov     qword [rdi + 1000h], (LONG_TABLES + 2000h) | PRESENT | WRITABLE
        lea     eax, [rdi + 2000h + (PRESENT | WRITABLE)]
        mov     [rdi + 1008h], rax
        lea     eax, [rdi + 6000h + (PRESENT | WRITABLE)]
        mov     [rdi + 2000h], rax
        mov     ecx, 8
        lea     esi, [rdi + 6000h]
.page:  mov     [rsi], rdx
        add     esi, 8
        add     edx, 1000h
        loop    .page
        add     edx, 100000h
        add     edi, 3000h
        cmp     edi, LONG_SPACES + 6000h
        jb      .space
        lea     r13, [r12 + LONG_SPACES]
        lea     r14, [r12 + LONG_SPACES + 3000h]
        shr     r12, 63
        lea     r13, [r13 + r12]        ; identifiers 1 and 2
        lea     r14, [r14 + r12 * 2]
        xor     edx, edx
        mov     edi, WINDOW
.unit:
        mov     cr3, r14
        call    .touch
        mov     cr3, r13
        call    .touch
        dec     rbx
        jnz     .unit
        mov     eax, LONG_TABLES
        mov     cr3, rax
        mov     rax, cr4
        btr     rax, 17
        mov     cr4, rax
        mov     rax, rdx
        ret
.touch:
%assign page 0
%rep 8
        rol     rdx, 1
        add     rdx, [rdi + page * 1000h]
        inc     qword [rdi + page * 1000h]
  %assign page page + 1
%endrep
        ret
        bits    32
