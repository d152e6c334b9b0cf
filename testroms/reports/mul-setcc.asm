; flat
; One-operand MUL and IMUL of each width, then SETcc into AL or AH and CMOVcc into AX or EAX, a store behind it, each 200 times: translated
; code once made the flags' image between the test of the condition and its use. The product has an upper half, so CF = OF = 1.
bits 32
org 0x100000
%macro ONE 6    ; instruction, operand, consumer, destination and source, size in memory, whether the condition holds
        mov     ecx, 200
%%again: mov     eax, 7f7f7f7fh
        mov     ebx, eax
        mov     esi, 1
        %1      %2
        %3      %4
        mov     [200000h], %5
        inc     edi
        cmp     %5, 1
%if %6
        jne     failed
%else
        je      failed
%endif
        dec     ecx
        jnz     %%again
%endmacro
%macro CONDITION 4      ; instruction, operand, condition, whether it holds
        ONE     %1, %2, set%3, al, al, %4
        ONE     %1, %2, set%3, ah, ah, %4
        ONE     %1, %2, cmov%3, {ax, si}, ax, %4
        ONE     %1, %2, cmov%3, {eax, esi}, eax, %4
%endmacro
%macro CONDITIONS 2
        CONDITION %1, %2, o, 1
        CONDITION %1, %2, no, 0
        CONDITION %1, %2, c, 1
        CONDITION %1, %2, nc, 0
%endmacro
        mov     esp, 180000h
        xor     edi, edi
        CONDITIONS mul, bl
        CONDITIONS mul, bx
        CONDITIONS mul, ebx
        CONDITIONS imul, bl
        CONDITIONS imul, bx
        CONDITIONS imul, ebx
        cmp     edi, 2 * 3 * 4 * 4 * 200
        jne     failed
        xor     eax, eax
        jmp     done
failed: mov     eax, 1
done:   out     0f4h, al
        hlt
