; A flat file with a Multiboot 1 header that says itself what is loaded where ("a.out kludge").
org 0x200000
%include "hello.inc"
align 4
header:
MAGIC   equ 0x1BADB002
FLAGS   equ 1 << 16
        dd      MAGIC, FLAGS, -(MAGIC + FLAGS)
        dd      header, 0x200000, data_end, bss_end, start
start:
        mov     esp, bss_end
        cmp     eax, 0x2BADB002
        CHECK   1, e
        cmp     dword [data_end], 0     ; .bss is clear though the file goes on
        CHECK   2, e
        mov     esi, hello
        call    serial_text
        xor     eax, eax
        jmp     finish
hello:  db      "hello from the kludge", 10, 0
        align   4
data_end:
bss_end equ data_end + 4096
        db      "bytes that are not loaded"
