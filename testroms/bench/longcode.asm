; 64-bit code that computes, as compilers write it. ECX = units; the answer is a checksum in EAX. native64.asm has it as well.

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

; Greatest common divisors of quadwords by DIV, and products of 128 bits. Unit: 100 pairs.
        long_workload long_divide
        mov     r8, 88172645463325252
        mov     r9, 6364136223846793005
        xor     r10d, r10d
.unit:
        mov     ecx, 100
.pair:
        mov     rax, r8
        mul     r9
        lea     r8, [rax + rdx + 1]
        mov     rsi, r8                 ; the numbers of a pair: 40 bits and 34
        shr     rsi, 24
        mov     rdi, rdx
        shr     rdi, 30
        or      rdi, 1
.divide:
        mov     rax, rsi
        xor     edx, edx
        div     rdi
        add     r10, rax
        mov     rsi, rdi
        mov     rdi, rdx
        test    rdi, rdi
        jnz     .divide
        rol     r10, 3
        xor     r10, rsi
        dec     ecx
        jnz     .pair
        dec     rbx
        jnz     .unit
        mov     rax, r10
        ret

; Fibonacci's numbers of 4096 bits: chains of ADC, where the carry lives across a loop. Unit: 16 additions.
        long_workload long_bignum
        mov     r8d, BUFFER
        mov     r9d, BUFFER_2
        xor     ecx, ecx
        xor     eax, eax
.clear: mov     [r8 + rcx * 8], rax
        mov     [r9 + rcx * 8], rax
        inc     ecx
        cmp     ecx, 64
        jb      .clear
        inc     qword [r9]
.unit:
        mov     r10d, 16
.addition:
        mov     ecx, 64
        xor     edx, edx                ; CF = 0
.limb:
        mov     rax, [r9 + rdx * 8]
        adc     [r8 + rdx * 8], rax
        lea     rdx, [rdx + 1]
        dec     ecx
        jnz     .limb
        xchg    r8, r9
        dec     r10d
        jnz     .addition
        dec     rbx
        jnz     .unit
        xor     eax, eax
        xor     ecx, ecx
.sum:
        rol     rax, 7
        add     rax, [r9 + rcx * 8]
        inc     ecx
        cmp     ecx, 64
        jb      .sum
        ret

; An interpreter: 256 random bytes of a bytecode of eight operations, run round and round, by a table of addresses. Unit: 1000 bytecodes.
        long_workload long_interpreter
        mov     r12d, BUFFER
        mov     r13d, BUFFER_2
        mov     rax, 88172645463325252
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
        mov     rdx, rax
        shr     rdx, 56
        mov     [r12 + rcx], dl
        mov     qword [r13 + rcx * 8], 0
        inc     ecx
        cmp     ecx, 256
        jb      .fill
        lea     r14, [rel .operations]
        imul    rbp, rbx, 1000          ; bytecodes that are left
        mov     r8d, 1                  ; the accumulator
        xor     r9d, r9d                ; the second register
        xor     edx, edx                ; the program counter; DL wraps
        mov     r10d, 12345             ; the third register

%macro long_dispatch 0
        dec     rbp
        jz      near .done
        movzx   eax, byte [r12 + rdx]
        inc     dl
        and     eax, 7
        jmp     [r14 + rax * 8]
%endmacro

        long_dispatch
.add:   add     r8, r10
        long_dispatch
.xor:   xor     r8, r9
        long_dispatch
.rotate:
        rol     r8, 3
        long_dispatch
.exchange:
        xchg    r8, r9
        long_dispatch
.multiply:
        imul    r10, r10, 69069
        long_dispatch
.store:
        mov     [r13 + rdx * 8], r8
        long_dispatch
.load:
        add     r9, [r13 + rdx * 8]
        long_dispatch
.skip:                                  ; a conditional jump in the bytecode
        test    r8b, 1
        jz      .stay
        inc     dl
.stay:
        long_dispatch
        align   8
.operations:
        dq      .add, .xor, .rotate, .exchange, .multiply, .store, .load, .skip
.done:
        lea     rax, [r8 + r9]
        ret

; Conditional jumps that nobody can foresee. Unit: 1000 rounds of four.
        long_workload long_random
        mov     r8, 88172645463325252
        mov     r9, 6364136223846793005
        mov     r10, 1442695040888963407
        mov     r11, 5555555555555555h
        xor     esi, esi
        xor     edi, edi
.unit:
        mov     ecx, 1000
.round:
        imul    r8, r9
        add     r8, r10
        bt      r8, 52
        jnc     .a
        add     rsi, 3
.a:     test    r8, r8
        js      .b
        xor     rsi, r8
.b:     bt      r8, 57
        jnc     .c
        lea     rdi, [rdi + rsi]
        jmp     .d
.c:     sub     rdi, rcx
.d:     cmp     r8, r11
        ja      .e
        rol     rsi, 5
.e:     dec     ecx
        jnz     .round
        dec     rbx
        jnz     .unit
        lea     rax, [rsi + rdi]
        ret

; 8- and 16-bit operations, SETcc, XLAT, registers in part, among them those that a REX prefix names. Unit: 1000 rounds.
        long_workload long_narrow
        mov     r12d, TABLE
        xor     ecx, ecx
.fill:  imul    eax, ecx, 167
        add     eax, 13
        mov     [r12 + rcx], al
        inc     ecx
        cmp     ecx, 256
        jb      .fill
        xor     eax, eax
        xor     esi, esi
        xor     r11d, r11d
        xor     edx, edx
        xor     edi, edi
        mov     r9d, 1234567
        mov     r10, rbx
.unit:
        mov     ecx, 1000
.round:
        mov     rbx, r12
        add     al, cl
        xlatb
        mov     dl, al
        setc    sil
        sar     dl, 2
        adc     ah, dl
        rcl     dx, 3
        movsx   r8w, dl
        sub     r8w, ax
        setg    dil
        xor     al, dil
        add     al, sil
        not     ah
        shld    r9w, ax, 5
        test    r9w, 1234h
        jz      .even
        ror     ax, 4
.even:
        add     r11w, r9w
        movzx   edx, r11w
        add     r11, rdx
        dec     ecx
        jnz     .round
        dec     r10
        jnz     .unit
        movzx   eax, ax
        shl     rax, 16
        mov     ax, r9w
        add     rax, r11
        ret

; REP MOVSQ and REP STOSQ. Unit: 64 KiB each.
        long_workload long_rep
        mov     eax, BUFFER
        mov     ecx, 65536 / 8
.fill:  imul    rdx, rcx, 7654321
        mov     [rax], rdx
        add     rax, 8
        loop    .fill
        xor     r8d, r8d
.unit:  mov     esi, BUFFER
        mov     edi, BUFFER_2
        mov     ecx, 65536 / 8
        rep     movsq
        mov     ecx, 65536 / 8
        mov     rax, rbx
        rep     stosq
        rol     r8, 1
        add     r8, [BUFFER_2 + 65536 - 8]
        xor     r8, [BUFFER_2 + 131072 - 8]
        add     [BUFFER + 65536 - 8], r8
        dec     rbx
        jnz     .unit
        mov     rax, r8
        ret

; REPNE SCASB, REPE CMPSQ and LODSB over 4 KiB. Unit: one of each.
        long_workload long_scan
        mov     edi, BUFFER
        mov     ecx, 4096 / 8
        mov     rax, 5555555555555555h
        rep     stosq
        mov     edi, BUFFER_2
        mov     ecx, 4096 / 8
        rep     stosq
        mov     byte [BUFFER + 4095], 0AAh
        xor     r8d, r8d
.unit:  mov     edi, BUFFER
        mov     ecx, 4096
        mov     al, 0AAh
        repne   scasb
        add     r8, rdi
        mov     esi, BUFFER
        mov     edi, BUFFER_2
        mov     ecx, 4096 / 8
        repe    cmpsq
        add     r8, rsi
        mov     esi, BUFFER
        mov     ecx, 1024
.load:  lodsb
        rol     r8, 1
        add     r8b, al
        dec     ecx
        jnz     .load
        dec     rbx
        jnz     .unit
        mov     rax, r8
        ret
        bits    32
