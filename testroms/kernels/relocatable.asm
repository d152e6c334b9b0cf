; A kernel with Multiboot2's relocatable tag (type 10), linked at 1 MB and wanted at 2 MB or above. It finds out where it is, compares with the
; image load base (tag 21), and says both. Multiboot2 2.0, sections 3.1.14 and 3.6.17.
bits 32

MAGIC   equ 0xE85250D6
%ifndef PREFERENCE
%define PREFERENCE 1
%endif

section .text
align 8
header:
        dd      MAGIC, 0, header_end - header
        dd      0x100000000 - (MAGIC + (header_end - header))
        align   8
        dw      10, 0
        dd      24, 0x200000, 0x1800000, 0x10000, PREFERENCE
        align   8
        dw      0, 0
        dd      8
header_end:

global start
start:
        mov     esi, ebx
        mov     esp, 0x7C00
        call    .here
.here:
        pop     ebp
        sub     ebp, .here              ; how far it was moved
        mov     eax, header
        add     eax, ebp
        call    hexadecimal             ; where the image begins
        mov     esi, ebx
        add     esi, 8
.tag:
        mov     eax, [esi]
        test    eax, eax
        jz      .end
        cmp     eax, 21
        je      .found
        mov     eax, [esi+4]
        add     eax, 7
        and     eax, ~7
        add     esi, eax
        jmp     .tag
.found:
        cmp     dword [esi+4], 12
        jne     .end
        mov     eax, [esi+8]
        call    hexadecimal
        mov     eax, [ebp+number]       ; data moves with the code
        call    hexadecimal
        xor     eax, eax
        out     0xF4, eax
.end:
        mov     eax, 1
        out     0xF4, eax

; EAX in eight digits and a space on port E9h.
hexadecimal:
        mov     ecx, 8
.digit:
        rol     eax, 4
        push    eax
        and     al, 15
        cmp     al, 10
        sbb     al, 0x69
        das
        out     0xE9, al
        pop     eax
        loop    .digit
        mov     al, ' '
        out     0xE9, al
        ret

section .data
number: dd      0x12345678

section .bss
        resb    0x2000
