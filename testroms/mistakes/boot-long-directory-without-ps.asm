; On the way to 64-bit code a page directory's entry was to be a page of 2 MB, and its bit 7 is clear.
; boot: disk
; expect: Paging was switched on, and the code that did it is not mapped at its own address ... a reserved bit is set
; status: 10
%include "boot.inc"
        cli
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     edi, 0x1000
        xor     eax, eax
        mov     ecx, 0xC00
        a32 rep stosd
        mov     dword [0x1000], 0x2003
        mov     dword [0x2000], 0x3003
        mov     dword [0x3000], 0x0003
        mov     eax, 0x20
        mov     cr4, eax
        mov     eax, 0x1000
        mov     cr3, eax
        mov     ecx, 0xC0000080
        rdmsr
        or      ah, 1
        wrmsr
        mov     eax, 0x80000001
        mov     cr0, eax
        lgdt    [gdt_pointer]
        jmp     0x08:main
bits 64
main:   jmp     $
        GDT
        SECTOR
