; A Multiboot kernel linked as many Makefiles do: ld -Ttext 0x100000, without a linker script.
%include "hello.inc"

section .text
align 4
        dd      0x1BADB002, 0, -0x1BADB002

global _start
_start:
        mov     esp, 0x90000
        cmp     eax, 0x2BADB002
        CHECK   1, e
        mov     esi, hello
        call    serial_text
        xor     eax, eax
        jmp     finish

hello:  db      "hello from -Ttext", 10, 0
