; A system call from ring 3 without a TSS.
; expect: goes from ring 3 to ring 0, and there is no TSS that says where ring 0's stack is (TR is 0): set SS0 and ESP0 in one, and load it with LTR
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x80, handler, 0x08, 0xEE
        lidt    [idt_pointer]
        RING3   user
user:   int     0x80
handler: jmp    $
