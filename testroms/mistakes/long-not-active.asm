; A far jump to a 64-bit code segment, and EFER.LME was never set: PAE paging of 32 bits is on.
; expect: a 64-bit code segment (L = 1), and IA-32e mode is not active (EFER.LMA = 0): EFER.LME (bit 8) was not set before paging came on
; status: 10
; variants: -DFLAT | -DFLAT -DDEEP
%include "mistake64.inc"
start:
        cli
        lgdt    [gdt_pointer]
        mov     esp, 0x120000
        MAP
        mov     dword [pointers], directory + 1
        SET_PAE
        mov     eax, pointers
        mov     cr3, eax
        SET_PG
        ENTER
        mov     rax, [rel value]
        mov     rdi, [rax]
        jmp     $
align 8
value:  dq      value
