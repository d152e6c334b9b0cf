; An ELF32 kernel linked at C0100000h and loaded at 100000h: its entry is a linked address. It turns paging on and jumps up.
%include "hello.inc"
BASE    equ 0xC0000000
MAGIC   equ 0x1BADB002
section .text
align 4
        dd      MAGIC, 0, -MAGIC

global start
start:
        mov     esp, stack_top - BASE
        mov     dword [directory - BASE], 0x83          ; 4-MB pages: the first 4 MB here and at C0000000h
        mov     dword [directory - BASE + 0xC00], 0x83
        mov     eax, directory - BASE
        mov     cr3, eax
        mov     eax, cr4
        or      eax, 0x10
        mov     cr4, eax
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        mov     eax, .high
        jmp     eax
.high:
        mov     dword [directory], 0
        mov     eax, cr3
        mov     cr3, eax
        mov     esp, stack_top
        mov     esi, hello
        call    serial_text
        xor     eax, eax
        jmp     finish
section .rodata
hello:  db      "hello from the higher half", 10, 0
section .bss
align 4096
directory: resb 4096
        resb    4096
stack_top:
