; A page fault's handler ends with RET and goes to its error code.
; expect: The handler of #PF ends with RET at ...: it takes the error code for EIP
; status: 10
; variants: -DDEEP
%define PAGED
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    14, handler
        lidt    [idt_pointer]
        mov     eax, [0x900000]
        jmp     $
handler:
        mov     eax, cr2
        ret
