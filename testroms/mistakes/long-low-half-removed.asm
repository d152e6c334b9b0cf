; The low half is no longer mapped, and the GDT was loaded by its address there.
; expect: PML4 entry 000h ... needs selector 0010h, and the GDT at 00100030h is not mapped
; status: 10
%define HIGH
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rax, HALF + next
        jmp     rax
next:   mov     rsp, HALF + stack_top
        mov     qword [HALF + pml4], 0
        mov     rax, cr3
        mov     cr3, rax
        mov     eax, 0x10
        mov     ds, eax
        jmp     $
