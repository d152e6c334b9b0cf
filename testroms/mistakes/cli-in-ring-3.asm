; A user program wants to turn interrupts off.
; expect: CLI at 00100106h is not allowed in ring 3 (IOPL 0): use a system call
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [idt_pointer]
        mov     eax, 0x28
        ltr     ax
        mov     eax, [esp]
        RING3   user
        nop
user:   cli
        jmp     $
