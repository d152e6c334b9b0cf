; An ELF32 kernel with a Multiboot 1 header: checks the machine state and the information structure. Multiboot 0.6.96.
%include "hello.inc"

MAGIC   equ 0x1BADB002
FLAGS   equ 3                           ; modules on pages, memory information

section .text
align 4
        dd      MAGIC, FLAGS, -(MAGIC + FLAGS)

global start
start:
        mov     esp, stack_top
        cmp     eax, 0x2BADB002
        CHECK   1, e
        pushfd                          ; interrupts off, not in virtual-8086 mode
        pop     eax
        test    eax, 0x20200
        CHECK   2, z
        mov     eax, cr0                ; protected, not paged
        and     eax, 0x80000001
        cmp     eax, 1
        CHECK   3, e
        mov     esi, hello
        call    serial_text
        mov     eax, [ebx]              ; memory, command line, modules, map, loader's name, framebuffer
        and     eax, 0x124D
        cmp     eax, 0x124D
        CHECK   4, e
        cmp     dword [ebx+4], 639
        CHECK   5, e
        cmp     dword [ebx+8], 31 << 10         ; of a machine with 32 MB
        CHECK   6, e
        mov     esi, [ebx+16]           ; the command line
        call    serial_text
        cmp     dword [ebx+20], 1       ; one module: its bytes, its text
        CHECK   7, e
        mov     edi, [ebx+24]
        test    dword [edi], 0xFFF
        CHECK   8, z
        mov     eax, [edi+4]
        sub     eax, [edi]
        cmp     eax, 7
        CHECK   9, e
        mov     esi, newline
        call    serial_text
        mov     esi, [edi+8]
        call    serial_text
        mov     esi, newline
        call    serial_text
        mov     esi, [edi]
        call    serial_text
        mov     ecx, [ebx+44]           ; the memory map: RAM at 1 MB
        mov     edi, [ebx+48]
        add     ecx, edi
.map:
        cmp     edi, ecx
        CHECK   10, b
        cmp     dword [edi+4], 0x100000
        je      .found
        add     edi, [edi]
        add     edi, 4
        jmp     .map
.found:
        cmp     dword [edi+20], 1
        CHECK   11, e
        cmp     dword [edi+12], 31 << 20
        CHECK   12, e
        cmp     dword [zeros], 0        ; .bss is clear
        CHECK   13, e
        test    dword [ebx], 0x20       ; section headers: the string table is in memory
        CHECK   14, nz
        mov     eax, [ebx+40]
        imul    eax, [ebx+32]
        add     eax, [ebx+36]
        mov     eax, [eax+12]
        cmp     byte [eax+1], '.'
        CHECK   15, e
        xor     eax, eax
        jmp     finish

section .rodata
hello:  db      "hello from Multiboot 1", 10, 0
newline: db     10, 0

section .bss
        resb    4096
stack_top:
zeros:  resd    1
