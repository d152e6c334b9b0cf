; What the processor says of itself: CPUID, SDM Vol. 2A.

        bits 32
processor_check:
        pushad
        mov     edi, in_box(ROW_PROCESSOR, LEFT, 1) + 2 * 9
        test_for_cpuid
        jz      .no_cpuid

        xor     eax, eax
        cpu     586
        cpuid                           ; leaf 0: EBX, EDX, ECX spell the vendor
        cpu     386
        mov     [vendor], ebx
        mov     [vendor + 4], edx
        mov     [vendor + 8], ecx
        mov     esi, vendor
        mov     ecx, 12
        mov     ah, VALUE
        call    put_field

        mov     eax, 1
        cpu     586
        cpuid                           ; leaf 1: EAX = family, model, stepping; EDX = features
        cpu     386
        mov     [signature], eax
        mov     [features], edx

        mov     edi, in_box(ROW_PROCESSOR, LEFT, 2) + 2 * 9
        mov     edx, eax
        mov     ah, VALUE
        shr     edx, 8
        and     edx, 0Fh
        call    put_decimal
        mov     ah, LABEL
        mov     esi, .model
        call    put_string
        mov     edx, [signature]
        shr     edx, 4
        and     edx, 0Fh
        mov     ah, VALUE
        call    put_decimal
        mov     ah, LABEL
        mov     esi, .stepping
        call    put_string
        mov     edx, [signature]
        and     edx, 0Fh
        mov     ah, VALUE
        call    put_decimal

        mov     edi, in_box(ROW_PROCESSOR, LEFT, 3) + 2 * 9
        mov     ebx, .names
.feature:
        movzx   ecx, byte [ebx]
        cmp     cl, 0FFh
        je      .done
        bt      [features], ecx
        jnc     .absent
        cmp     edi, in_box(ROW_PROCESSOR, LEFT, 3) + 2 * (HALF - 3 - 4)
        ja      .done
        lea     esi, [ebx + 1]
        call    put_string
        mov     al, " "
        call    put_char
.absent:
        add     ebx, 6
        jmp     .feature
.no_cpuid:
        mov     ah, VALUE
        mov     esi, .none
        call    put_string
.done:
        popad
        clc
        ret
.model:         db "  model ", 0
.stepping:      db "  stepping ", 0
.none:          db "older than the CPUID instruction", 0
; bit of EDX, name; 6 bytes each
.names:
        db      0, "FPU", 0, 0
        db      4, "TSC", 0, 0
        db      3, "PSE", 0, 0
        db      6, "PAE", 0, 0
        db      15, "CMOV", 0
        db      23, "MMX", 0, 0
        db      25, "SSE", 0, 0
        db      26, "SSE2", 0
        db      0FFh

        align 4
vendor:         times 12 db 0
signature:      dd 0
features:       dd 0
