; Integer workloads. Each head says what one unit is. ECX = units; the answer is a checksum in EAX.

%macro xorshift 2                       ; one step of Marsaglia's 32-bit xorshift in %1, %2 is scratch
        mov     %2, %1
        shl     %2, 13
        xor     %1, %2
        mov     %2, %1
        shr     %2, 17
        xor     %1, %2
        mov     %2, %1
        shl     %2, 5
        xor     %1, %2
%endmacro

        bits 32
fill_random:                            ; EDI = where, ECX = dwords
        mov     eax, 2463534242
.next:
        xorshift eax, edx
        mov     [edi], eax
        add     edi, 4
        dec     ecx
        jnz     .next
        ret

; Registers only: shifts, xor, multiply, rotate, add with carry. Unit: 1000 rounds.
int_hash:
        mov     [units_left], ecx
        mov     eax, 2463534242
        mov     ebx, 2166136261
        xor     esi, esi
        xor     edi, edi
.unit:
        mov     ecx, 1000
.round:
        xorshift eax, edx
        imul    ebx, ebx, 16777619
        xor     ebx, eax
        rol     esi, 7
        add     esi, ebx
        adc     edi, 3
        lea     edi, [edi + esi * 2 + 5]
        bswap   edi
        sub     esi, edi
        dec     ecx
        jnz     .round
        dec     dword [units_left]
        jnz     .unit
        lea     eax, [ebx + esi]
        xor     eax, edi
        ret

; CRC-32 by table. Unit: 4096 bytes.
int_crc:
        mov     [units_left], ecx
        xor     ecx, ecx
.entry:
        mov     eax, ecx
        mov     edx, 8
.bit:
        shr     eax, 1
        jnc     .even
        xor     eax, 0EDB88320h
.even:
        dec     edx
        jnz     .bit
        mov     [TABLE + ecx * 4], eax
        inc     ecx
        cmp     ecx, 256
        jb      .entry
        mov     edi, BUFFER
        mov     ecx, 1024
        call    fill_random
        mov     ebx, -1
.unit:
        mov     esi, BUFFER
        mov     ecx, 4096
.byte:
        movzx   eax, byte [esi]
        inc     esi
        xor     al, bl
        shr     ebx, 8
        xor     ebx, [TABLE + eax * 4]
        dec     ecx
        jnz     .byte
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret

; The sieve of Eratosthenes up to 8192, and the sum of its primes. Unit: one sieve.
int_sieve:
        mov     [units_left], ecx
        xor     ebx, ebx
.unit:
        mov     ecx, 2048
.clear:
        mov     dword [BUFFER - 4 + ecx * 4], 01010101h
        dec     ecx
        jnz     .clear
        mov     esi, 2
.candidate:
        cmp     byte [BUFFER + esi], 0
        je      .composite
        mov     eax, esi
        imul    eax, esi
.strike:
        mov     byte [BUFFER + eax], 0
        add     eax, esi
        cmp     eax, 8192
        jb      .strike
.composite:
        inc     esi
        cmp     esi, 91                 ; 91 squared is past the end
        jb      .candidate
        mov     ecx, 2
.count:
        movzx   eax, byte [BUFFER + ecx]
        neg     eax
        and     eax, ecx
        add     ebx, eax
        inc     ecx
        cmp     ecx, 8192
        jb      .count
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret

; Shell sort of 1024 pseudo-random numbers. Unit: one sort.
int_sort:
        mov     [units_left], ecx
        mov     dword [checksum], 0
.unit:
        mov     edi, BUFFER
        mov     ecx, 1024
        call    fill_random
        mov     ebp, .gaps
.pass:
        mov     ecx, [ebp]
        mov     esi, ecx                ; ESI = element to insert
.element:
        mov     eax, [BUFFER + esi * 4]
        mov     edi, esi
.shift:
        mov     ebx, edi
        sub     ebx, ecx
        jb      .place
        mov     edx, [BUFFER + ebx * 4]
        cmp     edx, eax
        jbe     .place
        mov     [BUFFER + edi * 4], edx
        mov     edi, ebx
        jmp     .shift
.place:
        mov     [BUFFER + edi * 4], eax
        inc     esi
        cmp     esi, 1024
        jb      .element
        add     ebp, 4
        cmp     dword [ebp], 0
        jne     .pass
        xor     esi, esi
        mov     eax, [checksum]
.sum:
        rol     eax, 1
        add     eax, [BUFFER + esi * 4]
        inc     esi
        cmp     esi, 1024
        jb      .sum
        mov     [checksum], eax
        dec     dword [units_left]
        jnz     .unit
        ret
.gaps:  dd      701, 301, 132, 57, 23, 10, 4, 1, 0

; Greatest common divisors by DIV, and 64-bit products. Unit: 100 pairs.
int_divide:
        mov     [units_left], ecx
        mov     ebx, 2463534242
        xor     ebp, ebp
.unit:
        mov     ecx, 100
.pair:
        xorshift ebx, edx
        mov     esi, ebx
        xorshift ebx, edx
        mov     edi, ebx
        mov     eax, esi
        mul     edi
        add     ebp, edx
        xor     ebp, eax
.divide:
        mov     eax, esi
        xor     edx, edx
        div     edi
        mov     esi, edi
        mov     edi, edx
        test    edi, edi
        jnz     .divide
        add     ebp, esi
        dec     ecx
        jnz     .pair
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebp
        ret

; Fibonacci numbers of 2048 bits: chains of ADC, where the carry lives across a loop. Unit: 16 additions.
int_bignum:
        mov     [units_left], ecx
        mov     edi, BUFFER
        mov     ecx, 128
        xor     eax, eax
        rep     stosd
        mov     dword [BUFFER], 1
        mov     esi, BUFFER
        mov     edi, BUFFER + 256
.unit:
        mov     ebp, 16
.addition:
        xor     edx, edx                ; also clears CF
        mov     ecx, 64
.word:
        mov     eax, [esi + edx * 4]
        adc     [edi + edx * 4], eax
        inc     edx                     ; INC, DEC and LEA leave CF alone
        dec     ecx
        jnz     .word
        xchg    esi, edi
        dec     ebp
        jnz     .addition
        dec     dword [units_left]
        jnz     .unit
        xor     eax, eax
        mov     ecx, 128
.sum:
        rol     eax, 1
        xor     eax, [BUFFER - 4 + ecx * 4]
        dec     ecx
        jnz     .sum
        ret

; 8- and 16-bit operations, partial registers, SETcc, XLAT, BCD. Unit: 1000 rounds.
int_narrow:
        mov     [units_left], ecx
        mov     edi, TABLE
        mov     ecx, 64
        call    fill_random
        xor     eax, eax
        xor     esi, esi
        mov     ebp, 2463534242
.unit:
        mov     ecx, 1000
.round:
        mov     ebx, TABLE
        add     al, cl
        xlatb
        mov     dl, al
        setc    dh
        sar     dl, 2
        adc     ah, dl
        rcl     dx, 3
        movsx   bx, dl
        sub     bx, ax
        setg    dl
        xor     al, dl
        add     al, dh
        daa
        not     ah
        shld    bp, ax, 5
        test    bp, 1234h
        jz      .even
        ror     ax, 4
.even:
        add     si, bp
        movzx   edx, si
        add     esi, edx
        dec     ecx
        jnz     .round
        dec     dword [units_left]
        jnz     .unit
        shl     eax, 16
        mov     ax, bp
        add     eax, esi
        ret
