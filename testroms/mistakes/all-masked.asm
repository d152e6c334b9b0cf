; HLT with interrupts on, while both 8259As mask everything.
; expect: HLT waits for an interrupt, and none can come: the 8259As mask all lines (ports 21h and A1h are FFh)
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [idt_pointer]
        mov     al, 0xFF
        out     0x21, al
        out     0xA1, al
        sti
wait_:  hlt
        jmp     wait_
