; Interrupts came and were handled; later the kernel halts by itself. No handler is to blame.
; expect: HLT with IF = 0 ends everything
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x20, handler
        lidt    [idt_pointer]
        REMAP
        sti
        hlt
        call    later
later:  sub     esp, 64                 ; deeper than the handler's frame was
        push    eax
        cli
        hlt
handler:
        push    eax
        mov     al, 0x20
        out     0x20, al
        pop     eax
        iretd
