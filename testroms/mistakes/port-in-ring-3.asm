; A program in ring 3 writes to a port: IOPL is 0, and the TSS has no map that allows it.
; expect: is not allowed in ring 3 (IOPL 0): use a system call
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [idt_pointer]
        mov     eax, 0x28
        ltr     ax
        RING3   user
user:   mov     eax, 0x23
        mov     ds, eax
        mov     al, 'x'
        out     0xE9, al
        jmp     $
