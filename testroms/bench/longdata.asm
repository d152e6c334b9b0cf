; 64-bit code on memory, with numbers and with vectors, as compilers write it. ECX = units; the answer is a checksum in EAX.

; CRC-32 by a table. Unit: 4096 bytes.
        long_workload long_crc
        mov     r10d, TABLE
        xor     ecx, ecx
.entry: mov     eax, ecx
        mov     edx, 8
.bit:   mov     esi, eax
        and     esi, 1
        neg     esi
        and     esi, 0EDB88320h
        shr     eax, 1
        xor     eax, esi
        dec     edx
        jnz     .bit
        mov     [r10 + rcx * 4], eax
        inc     ecx
        cmp     ecx, 256
        jb      .entry
        mov     r8d, BUFFER
        xor     ecx, ecx
.fill:  lea     eax, [rcx + rcx * 2 + 7]
        mov     [r8 + rcx], al
        inc     ecx
        cmp     ecx, 4096
        jb      .fill
        lea     r9, [r8 + 4096]
        mov     eax, -1
.unit:  mov     r11, r8
.byte:  movzx   edx, byte [r11]
        mov     ecx, eax
        inc     r11
        shr     eax, 8
        xor     ecx, edx
        movzx   ecx, cl
        xor     eax, [r10 + rcx * 4]
        cmp     r11, r9
        jne     .byte
        dec     rbx
        jnz     .unit
        ret

; Eratosthenes' sieve. Unit: the primes below 8192.
        long_workload long_sieve
        mov     r12d, BUFFER
        xor     r13d, r13d
.unit:  mov     rdi, r12
        mov     rax, 0101010101010101h
        mov     ecx, 8192 / 8
.clear: mov     [rdi], rax
        add     rdi, 8
        dec     ecx
        jnz     .clear
        mov     r14d, 2
.number:
        cmp     byte [r12 + r14], 0
        je      .next
        inc     r13
        lea     rax, [r14 + r14]
.strike:
        cmp     rax, 8192
        jae     .next
        mov     byte [r12 + rax], 0
        add     rax, r14
        jmp     .strike
.next:  inc     r14
        cmp     r14, 8192
        jb      .number
        dec     rbx
        jnz     .unit
        mov     rax, r13
        ret

; Copying by quadwords, four at a time. Unit: 64 KiB.
        long_workload long_copy
        mov     eax, BUFFER
        mov     ecx, 65536 / 8
.fill:  mov     [rax], rcx
        add     rax, 8
        loop    .fill
        xor     r15d, r15d
.unit:  mov     esi, BUFFER
        mov     edi, BUFFER_2
        mov     ecx, 65536 / 32
.four:  mov     r8, [rsi]
        mov     r9, [rsi + 8]
        mov     r10, [rsi + 16]
        mov     r11, [rsi + 24]
        mov     [rdi], r8
        mov     [rdi + 8], r9
        mov     [rdi + 16], r10
        mov     [rdi + 24], r11
        add     rsi, 32
        add     rdi, 32
        dec     ecx
        jnz     .four
        add     r15, r11
        inc     qword [BUFFER + 65536 - 8]
        dec     rbx
        jnz     .unit
        mov     rax, r15
        ret

; A list that goes through 64 KiB in steps that no prefetcher guesses. Unit: 1000 hops.
        long_workload long_list
        mov     r8d, BUFFER
        xor     ecx, ecx
.link:  lea     eax, [rcx + 1]          ; from n to 2653 n + 1 modulo 4096, by 16 bytes
        imul    edx, ecx, 2653
        inc     edx
        and     edx, 4095
        shl     edx, 4
        add     rdx, r8
        mov     esi, ecx
        shl     esi, 4
        mov     [r8 + rsi], rdx
        mov     [r8 + rsi + 8], rcx
        mov     ecx, eax
        cmp     ecx, 4096
        jb      .link
        xor     eax, eax
        mov     r9, r8
.unit:  mov     ecx, 1000
.hop:   add     rax, [r9 + 8]
        mov     r9, [r9]
        dec     ecx
        jnz     .hop
        rol     rax, 1
        dec     rbx
        jnz     .unit
        ret

; Reads, adds and writes far apart, 4160 bytes apart over 12 MiB, by pages of 2 MiB where it is a system that maps them. Unit: one pass.
        long_workload long_tlb
        mov     edi, BUFFER
        mov     ecx, 12 * 1024 * 128
        xor     eax, eax
        rep     stosq
        xor     r8d, r8d
.unit:  mov     esi, BUFFER
.place: mov     rax, [rsi]
        lea     rax, [rax + rsi + 1]
        mov     [rsi], rax
        add     r8, rax
        add     rsi, 4096 + 64
        cmp     rsi, BUFFER + 12 * 1024 * 1024
        jb      .place
        dec     rbx
        jnz     .unit
        mov     rax, r8
        ret

; Mandelbrot's set with SSE2's numbers of double precision. Unit: a line of 64 points, 64 rounds at most.
        long_workload long_float
        xor     r12d, r12d
        xor     r13d, r13d
.unit:  inc     r13d
        and     r13d, 63
        lea     eax, [r13 - 32]
        cvtsi2sd xmm5, eax
        mulsd   xmm5, [rel .step]       ; the imaginary part
        xor     r14d, r14d
.point: lea     eax, [r14 - 44]
        cvtsi2sd xmm4, eax
        mulsd   xmm4, [rel .step]
        xorpd   xmm0, xmm0
        xorpd   xmm1, xmm1
        mov     ecx, 64
.round: movapd  xmm2, xmm0
        movapd  xmm3, xmm1
        mulsd   xmm2, xmm2
        mulsd   xmm3, xmm3
        mulsd   xmm1, xmm0
        movapd  xmm6, xmm2
        addsd   xmm6, xmm3
        comisd  xmm6, [rel .four]
        ja      .out
        movapd  xmm0, xmm2
        subsd   xmm0, xmm3
        addsd   xmm0, xmm4
        addsd   xmm1, xmm1
        addsd   xmm1, xmm5
        dec     ecx
        jnz     .round
.out:   rol     r12, 1
        add     r12, rcx
        inc     r14d
        cmp     r14d, 64
        jb      .point
        dec     rbx
        jnz     .unit
        mov     rax, r12
        ret
        align   8
.step:  dq      0.046875
.four:  dq      4.0

; A filter over 1024 numbers of single precision with AVX2 and FMA, or nothing where the processor lacks them. Unit: 1024 numbers.
        long_workload long_vector
        mov     ebp, ebx
        mov     eax, 7
        xor     ecx, ecx
        cpuid
        xor     eax, eax
        bt      ebx, 5                  ; AVX2
        mov     ebx, ebp
        jnc     .none
%ifndef PROGRAM                         ; where the system below has done it
        mov     rax, cr4
        bts     rax, 18                 ; OSXSAVE
        mov     cr4, rax
        xor     ecx, ecx
        xor     edx, edx
        mov     eax, 7
        xsetbv
%endif
        mov     esi, BUFFER
        mov     edi, BUFFER_2
        xor     ecx, ecx
.fill:  lea     eax, [rcx * 8 + 1]
        cvtsi2ss xmm0, eax
        movss   [rsi + rcx * 4], xmm0
        mov     dword [rdi + rcx * 4], 0
        inc     ecx
        cmp     ecx, 1024
        jb      .fill
        vbroadcastss ymm7, [rel .half]
        vpxor   ymm6, ymm6, ymm6
        vmovdqu ymm5, [rel .order]
.unit:  xor     eax, eax
.eight: vmovups ymm0, [rdi + rax]
        vmovups ymm1, [rsi + rax]
        vfmadd213ps ymm0, ymm7, ymm1
        vsubps  ymm2, ymm1, ymm0
        vmulps  ymm2, ymm2, ymm7
        vaddps  ymm0, ymm0, ymm2
        vmovups [rdi + rax], ymm0
        vpaddd  ymm6, ymm6, ymm0
        vpermd  ymm6, ymm5, ymm6
        add     rax, 32
        cmp     rax, 4096
        jb      .eight
        dec     rbx
        jnz     .unit
        vextracti128 xmm0, ymm6, 1
        vpaddd  xmm0, xmm0, xmm6
        vmovq   rax, xmm0
        vzeroupper
.none:  ret
        align   32
.order: dd      1, 2, 3, 4, 5, 6, 7, 0
.half:  dd      0.5
        bits    32
