; INT 80h from ring 3 through a gate of ring 0.
; expect: in ring 3 is not allowed: IDT entry 128 has DPL 0; a system call's gate needs DPL 3
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x80, handler
        lidt    [idt_pointer]
        mov     eax, 0x28
        ltr     ax
        RING3   user
user:   int     0x80
handler: jmp    $
