; What the processor says of itself: its name, and features that 64-bit programs ask for. CPUID, SDM Vol. 2A.

EXTENDED        equ 80000000h           ; leaves that AMD began, with a greatest one of their own

        bits 32
; Failed when there is no long mode. Notes in [has_no_execute] and [has_gigabyte] what paging.asm wants to know.
processor_check:
        pushad
        mov     edi, in_box(ROW_PROCESSOR, LEFT, 1) + 2 * 9
        test_for_cpuid
        jz      .no_cpuid

        mov     eax, EXTENDED + 4
        call    cpuid_leaf
        jc      .nameless
        mov     ebx, name
        mov     ebp, EXTENDED + 2       ; leaves 80000002h-80000004h: 48 characters
.part:
        mov     eax, ebp
        push    ebx
        cpuid
        mov     esi, ebx
        pop     ebx
        mov     [ebx], eax
        mov     [ebx + 4], esi
        mov     [ebx + 8], ecx
        mov     [ebx + 12], edx
        add     ebx, 16
        inc     ebp
        cmp     ebp, EXTENDED + 4
        jbe     .part
        jmp     .named
.nameless:
        xor     eax, eax
        cpuid                           ; leaf 0: EBX, EDX, ECX spell the vendor
        mov     [name], ebx
        mov     [name + 4], edx
        mov     [name + 8], ecx
.named:
        mov     esi, name - 1
.space:
        inc     esi                     ; some names begin with spaces
        cmp     byte [esi], " "
        je      .space
        mov     ah, VALUE
        call    put_string

        mov     edi, in_box(ROW_PROCESSOR, LEFT, 2) + 2 * 9
        mov     ebp, features
.feature:
        mov     eax, [ebp]
        call    cpuid_leaf
        jc      .absent
        movzx   ebx, byte [ebp + 4]     ; which of the registers
        movzx   ecx, byte [ebp + 5]     ; which of its bits
        bt      [answer + ebx * 4], ecx
        jnc     .absent
        movzx   ebx, byte [ebp + 6]
        mov     byte [has + ebx], 1
        cmp     edi, in_box(ROW_PROCESSOR, LEFT, 2) + 2 * (WHOLE - 3 - 9)
        ja      .absent
        lea     esi, [ebp + 7]
        mov     ah, VALUE
        call    put_string
        mov     al, " "
        call    put_char
.absent:
        add     ebp, FEATURE_SIZE
        cmp     ebp, features.end
        jb      .feature
        popad
        cmp     byte [has_long_mode], 1 ; CF = 1 when it is 0
        ret
.no_cpuid:
        mov     ah, VALUE
        mov     esi, .none
        call    put_string
        popad
        stc
        ret
.none:          db "older than the CPUID instruction", 0

; EAX = leaf. CF = 1: it is none of this processor's. Otherwise its EAX, EBX, ECX, EDX are in [answer].
cpuid_leaf:
        pushad
        mov     esi, eax
        and     eax, EXTENDED
        cpuid                           ; leaf 0 and leaf 80000000h: the greatest of their kind
        cmp     eax, esi
        jb      .done
        xor     ecx, ecx                ; leaf 7 has parts
        mov     eax, esi
        cpuid
        mov     [answer], eax
        mov     [answer + 4], ebx
        mov     [answer + 8], ecx
        mov     [answer + 12], edx
        clc
.done:
        popad
        ret

; leaf, register, bit, what to remember, name
FEATURE_SIZE    equ 17
IN_EBX          equ 1
IN_ECX          equ 2
IN_EDX          equ 3
%macro feature 5
        dd      %1
        db      %2, %3, %4
%%name: db      %5
        times   FEATURE_SIZE - 7 - ($ - %%name) db 0
%endmacro
features:
        feature EXTENDED + 1, IN_EDX, 29, has_long_mode - has, "long mode"
        feature EXTENDED + 1, IN_EDX, 20, has_no_execute - has, "NX"
        feature EXTENDED + 1, IN_EDX, 26, has_gigabyte - has, "1-GB-page"
        feature EXTENDED + 1, IN_EDX, 11, 0, "SYSCALL"
        feature 1, IN_EDX, 26, 0, "SSE2"
        feature 1, IN_ECX, 0, 0, "SSE3"
        feature 1, IN_ECX, 9, 0, "SSSE3"
        feature 1, IN_ECX, 20, 0, "SSE4.2"
        feature 1, IN_ECX, 23, 0, "POPCNT"
        feature 1, IN_ECX, 28, 0, "AVX"
        feature 7, IN_EBX, 5, 0, "AVX2"
        feature 7, IN_EBX, 8, 0, "BMI2"
        feature 7, IN_EBX, 7, 0, "SMEP"
.end:

        align 4
answer: times 4 dd 0
name:   times 49 db 0
has:            db 0                    ; nobody asks for this one
has_long_mode:  db 0
has_no_execute: db 0
has_gigabyte:   db 0
