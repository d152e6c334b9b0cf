; A kernel with a Multiboot2 header, as ELF32 or (with -felf64) as ELF64: its 64-bit file is entered in 32-bit protected mode all
; the same. Multiboot2 2.0.
%include "hello.inc"

MAGIC   equ 0xE85250D6

section .text
align 8
header:
        dd      MAGIC, 0, header_end - header
        dd      0x100000000 - (MAGIC + (header_end - header))
        align   8
        dw      1, 0                    ; information request: command line, map
        dd      16, 1, 6
        align   8
        dw      4, 1                    ; console flags, optional
        dd      12, 3
        align   8
        dw      0, 0
        dd      8
header_end:

global start
start:
        mov     esp, stack_top
        cmp     eax, 0x36D76289
        CHECK   1, e
        mov     esi, hello
        call    serial_text
        lea     edi, [ebx+8]
        xor     ebp, ebp                ; types that were seen
.tag:
        mov     ecx, [edi]
        test    ecx, ecx
        jz      .end
        cmp     ecx, 31
        CHECK   2, be
        bts     ebp, ecx
        cmp     ecx, 1
        jne     .next
        lea     esi, [edi+8]
        call    serial_text
.next:
        mov     eax, [edi+4]
        add     eax, 7
        and     eax, ~7
        add     edi, eax
        mov     eax, edi
        sub     eax, ebx
        cmp     eax, [ebx]
        CHECK   3, b
        jmp     .tag
.end:
        add     edi, 8
        sub     edi, ebx
        cmp     edi, [ebx]              ; total size
        CHECK   4, e
        and     ebp, 0x35E              ; command line, name, module, memory, map, framebuffer, sections
        cmp     ebp, 0x35E
        CHECK   5, e
        xor     eax, eax
        jmp     finish

section .rodata
hello:  db      "hello from Multiboot 2", 10, 0

section .bss
        resb    4096
stack_top:
