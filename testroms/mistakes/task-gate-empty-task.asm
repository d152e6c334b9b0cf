; #UD through a task gate, whose TSS nobody has filled in.
; expect: could not be reported: IDT entry 6 is a task gate to
; status: 10
; variants: -DNOSS | -DSHORT | -DNOTSS
%include "mistake.inc"
start:
        LOAD_GDT
        mov     dword [idt + 6 * 8], 0x00300000
        mov     dword [idt + 6 * 8 + 4], 0x8500
        lidt    [idt_pointer]
        lgdt    [own_pointer]
        mov     ax, 0x28
        ltr     ax
        ud2
double: cli
        hlt
%ifdef SHORT
%define LIMIT 67
%else
%define LIMIT 103
%endif
%ifdef NOTSS
%define RIGHTS 0x9210
%else
%define RIGHTS 0x8910
%endif
%ifdef NOSS
%define CODE 0x08
%else
%define CODE 0
%endif
align 8
own_gdt: dq     0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF, 0, 0
        dw      103, tss - header, 0x8910, 0
        dw      LIMIT, task - header, RIGHTS, 0
own_end:
own_pointer: dw own_end - own_gdt - 1
        dd      own_gdt
align 4
task:   dd      0, 0, 0, 0, 0, 0, 0, 0, double, 2, 0, 0, 0, 0, 0x128000, 0, 0, 0
        dd      0x10, CODE, 0, 0x10, 0x10, 0x10, 0
        dw      0, 104
