; A flat binary in protected mode: --load-address 0x100000.
org 0x100000
bits 32
        mov     esp, 0x80000
        mov     esi, hello
        call    serial_text
        xor     eax, eax
        jmp     finish
%include "hello.inc"
hello:  db      "hello from a flat binary", 10, 0
