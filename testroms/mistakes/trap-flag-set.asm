; EFLAGS is loaded with TF set, and nobody handles the debug exception.
; expect: EFLAGS.TF (bit 8) is set: #DB comes after each instruction
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [idt_pointer]
        push    dword 0x302
        popfd
        nop
        jmp     $
