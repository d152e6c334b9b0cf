; The way into 64-bit code, and what systems do in it. Each head says what one unit is. ECX = units; the answer is a checksum in EAX.

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
        lidt    [idt_pointer]
        mov     eax, esi
        mov     esp, [kernel_stack]
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

; Demand paging through four levels, as page-fault: 256 pages are touched, each one faults and gets its frame; then all are
; taken away. Unit: 256 faults.
        long_workload long_fault
        mov     edi, LONG_SPACES        ; a directory and a table for the window, and the IDT
        mov     ecx, 3000h / 8
        xor     eax, eax
        rep     stosq
        mov     qword [LONG_TABLES + 1008h], LONG_SPACES | PRESENT | WRITABLE
        mov     qword [LONG_SPACES], (LONG_SPACES + 1000h) | PRESENT | WRITABLE
        mov     edx, .handler
        mov     [LONG_SPACES + 20E0h], dx
        mov     word [LONG_SPACES + 20E2h], CODE_64
        mov     word [LONG_SPACES + 20E4h], 8E00h
        shr     edx, 16
        mov     [LONG_SPACES + 20E6h], dx
        push    LONG_SPACES + 2000h     ; LIDT's ten bytes: the base, and the limit below it
        push    word 0FFFh
        lidt    [rsp]
        add     rsp, 10
        xor     ebp, ebp
.unit:
        mov     esi, WINDOW + 100h
.touch:
        add     [rsi], rsi
        add     rbp, [rsi]
        add     rsi, 1000h
        cmp     rsi, WINDOW + 256 * 1000h
        jb      .touch
        mov     edi, LONG_SPACES + 1000h
        mov     ecx, 256
        xor     eax, eax
        rep     stosq
        mov     rax, cr3
        mov     cr3, rax
        dec     rbx
        jnz     .unit
        mov     rax, rbp
        ret
.handler:
        push    rax
        push    rdx
        mov     rdx, cr2
        shr     rdx, 12
        and     edx, 1FFh
        mov     eax, edx
        shl     eax, 12
        add     eax, FRAMES | PRESENT | WRITABLE
        mov     [LONG_SPACES + 1000h + rdx * 8], rax
        pop     rdx
        pop     rax
        add     rsp, 8                  ; the error code
        iretq

; A routine's immediate of 64 bits is patched before each call, and it patches itself one instruction ahead, as code-patch. Unit: one call.
        long_workload long_patch
        mov     esi, .routine           ; the routine runs in a page of its own
        mov     edi, GENERATED_CODE
        mov     ecx, .routine_end - .routine
        rep     movsb
        xor     r8d, r8d
        mov     ebp, GENERATED_CODE
        mov     r9, 9E3779B97F4A7C15h
.unit:
        add     r9, rbx
        mov     [rbp + .first - .routine + 2], r9
        call    rbp
        dec     rbx
        jnz     .unit
        mov     rax, r8
        ret
.routine:                               ; it patches itself relative to RIP
.first: mov     rax, strict qword 0     ; patched by the caller
        rol     r8, 1
        xor     r8, rax
        mov     [rel .second + 3], r8b
.second:
        add     r8, byte 0              ; patched by the instruction before
        ret
.routine_end:

; A generator writes functions of twelve operations one behind the other through 1 MiB, and calls each one twice, as code-fresh. Unit: one
; function.
        long_workload long_fresh
        mov     edi, FRESH_CODE
        mov     rbp, 88172645463325252
        mov     r8d, 1
        mov     r9d, 2
        mov     r12d, .templates
.unit:
        mov     rsi, rdi                ; where this one starts
        mov     edx, 12
.operation:
        mov     rax, rbp
        shl     rax, 13
        xor     rbp, rax
        mov     rax, rbp
        shr     rax, 7
        xor     rbp, rax
        mov     rax, rbp
        shl     rax, 17
        xor     rbp, rax
        mov     rax, rbp
        shr     rax, 61
        mov     eax, [r12 + rax * 4]
        stosd
        dec     edx
        jnz     .operation
        mov     byte [rdi], 0C3h        ; RET; the next function begins behind it
        inc     rdi
        call    rsi
        call    rsi
        cmp     edi, FRESH_CODE + 100000h - 64
        jb      .room
        mov     edi, FRESH_CODE
.room:
        dec     rbx
        jnz     .unit
        lea     rax, [r8 + r9]
        ret
.templates:
        db      4Dh, 01h, 0C8h, 90h     ; ADD R8, R9
        db      4Dh, 31h, 0C1h, 90h     ; XOR R9, R8
        db      49h, 0C1h, 0C0h, 05h    ; ROL R8, 5
        db      49h, 0C1h, 0C9h, 03h    ; ROR R9, 3
        db      4Fh, 8Dh, 04h, 48h      ; LEA R8, [R8 + R9 * 2]
        db      49h, 83h, 0C1h, 11h     ; ADD R9, 11h
        db      4Dh, 0Fh, 0AFh, 0C8h    ; IMUL R9, R8
        db      4Dh, 29h, 0C8h, 90h     ; SUB R8, R9
        bits    32
