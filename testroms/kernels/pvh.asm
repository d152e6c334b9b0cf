; A kernel with the ELF note of Xen's direct boot ABI (PVH): checks the machine state and the start information.
; Xen, docs/misc/pvh.pandoc; public/arch-x86/hvm/start_info.h.
%include "hello.inc"

section .note.Xen note alloc noexec nowrite align=4
        dd      4, 4, 18                ; XEN_ELFNOTE_PHYS32_ENTRY
        db      "Xen", 0
        dd      entry

section .text
global start
start:  mov     eax, 99                 ; e_entry is not what counts
        jmp     finish

entry:
        mov     esp, stack_top
        pushfd
        pop     eax
        test    eax, 0x20200
        CHECK   1, z
        mov     eax, cr0                ; PE alone, of the bits that can be written
        and     eax, 0xE005002F
        cmp     eax, 1
        CHECK   2, e
        cmp     dword [ebx], 0x336EC578
        CHECK   3, e
        cmp     dword [ebx+4], 1
        CHECK   4, e
        mov     esi, hello
        call    serial_text
        cmp     dword [ebx+28], 0
        CHECK   5, e
        mov     esi, [ebx+24]           ; the command line
        call    serial_text
        mov     esi, newline
        call    serial_text
        cmp     dword [ebx+12], 1       ; one module: its address, its size, its text
        CHECK   6, e
        mov     edi, [ebx+16]
        cmp     dword [edi+8], 7
        CHECK   7, e
        mov     esi, [edi+16]
        call    serial_text
        mov     esi, newline
        call    serial_text
        mov     esi, [edi]
        call    serial_text
        mov     ecx, [ebx+48]           ; the memory map: RAM at 1 MB
        mov     edi, [ebx+40]
.map:
        sub     ecx, 1
        CHECK   8, nc
        cmp     dword [edi], 0x100000
        je      .found
        add     edi, 24
        jmp     .map
.found:
        cmp     dword [edi+16], 1
        CHECK   9, e
        cmp     dword [edi+8], 31 << 20         ; of a machine with 32 MB
        CHECK   10, e
        xor     eax, eax
        jmp     finish

section .rodata
hello:  db      "hello from PVH", 10, 0
newline: db     10, 0

section .bss
        resb    4096
stack_top:
