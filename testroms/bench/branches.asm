; Branch workloads. ECX = units; the answer is a checksum in EAX.

        bits 32
; An interpreter: 256 random bytes of a bytecode of eight operations, run round and round. Unit: 1000 bytecodes.
branch_interpreter:
        imul    ecx, ecx, 1000
        mov     ebp, ecx
        mov     edi, BUFFER
        mov     ecx, 64
        call    fill_random
        mov     ebx, 1                  ; the accumulator
        xor     ecx, ecx                ; the second register
        xor     edx, edx                ; the program counter; DL wraps
        mov     edi, 12345              ; the third register

%macro dispatch_next 0
        dec     ebp
        jz      near branch_interpreter_done
        movzx   eax, byte [BUFFER + edx]
        inc     dl
        and     eax, 7
        jmp     [.operations + eax * 4]
%endmacro

        dispatch_next
.add:   add     ebx, edi
        dispatch_next
.xor:   xor     ebx, ecx
        dispatch_next
.rotate:
        rol     ebx, 3
        dispatch_next
.exchange:
        xchg    ebx, ecx
        dispatch_next
.multiply:
        imul    edi, edi, 69069
        dispatch_next
.store:
        mov     [BUFFER_2 + edx * 4], ebx
        dispatch_next
.load:
        add     ecx, [BUFFER_2 + edx * 4]
        dispatch_next
.skip:                                  ; a conditional jump in the bytecode
        test    bl, 1
        jz      .stay
        inc     dl
.stay:
        dispatch_next
.operations:
        dd      .add, .xor, .rotate, .exchange, .multiply, .store, .load, .skip
branch_interpreter_done:
        lea     eax, [ebx + ecx]
        ret

; Conditional jumps that nobody can foresee. Unit: 1000 rounds of four.
branch_random:
        mov     [units_left], ecx
        mov     eax, 2463534242
        xor     ebx, ebx
        xor     esi, esi
.unit:
        mov     ecx, 1000
.round:
        imul    eax, eax, 1664525
        add     eax, 1013904223
        test    eax, 1 << 20
        jz      .a
        add     ebx, 3
.a:     test    eax, eax
        js      .b
        xor     ebx, eax
.b:     bt      eax, 25
        jnc     .c
        lea     esi, [esi + ebx]
        jmp     .d
.c:     sub     esi, ecx
.d:     cmp     eax, 55555555h
        ja      .e
        rol     ebx, 5
.e:     dec     ecx
        jnz     .round
        dec     dword [units_left]
        jnz     .unit
        lea     eax, [ebx + esi]
        ret

; Recursive Fibonacci numbers with stack frames: calls and returns. Unit: fibonacci(16), 3193 calls.
branch_call:
        mov     [units_left], ecx
        mov     dword [checksum], 0
.unit:
        push    dword 16
        call    .fibonacci
        add     esp, 4
        add     [checksum], eax
        dec     dword [units_left]
        jnz     .unit
        mov     eax, [checksum]
        ret
.fibonacci:
        push    ebp
        mov     ebp, esp
        push    ebx
        mov     eax, [ebp + 8]
        cmp     eax, 2
        jb      .small
        dec     eax
        push    eax
        call    .fibonacci
        mov     ebx, eax
        mov     eax, [ebp + 8]
        sub     eax, 2
        mov     [esp], eax
        call    .fibonacci
        add     esp, 4
        add     eax, ebx
.small:
        pop     ebx
        leave
        ret
