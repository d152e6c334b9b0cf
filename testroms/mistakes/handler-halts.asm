; A handler that halts on an exception in ring 3: what matters is the exception.
; expect: HLT at 00100128h is not allowed in ring 3 (IOPL 0): use a system call. Its handler halted the processor
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    13, handler
        lidt    [idt_pointer]
        mov     eax, 0x28
        ltr     ax
        RING3   user
user:   hlt
handler:
        cli
        hlt
