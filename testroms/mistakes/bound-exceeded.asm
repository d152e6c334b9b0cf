; BOUND finds an index outside of its bounds, and the handler halts.
; expect: The index 50 of 001 ... (bound eax, ...) is outside of 0 to 10, the bounds at ... Its handler halted the processor
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    5, handler
        lidt    [idt_pointer]
        mov     eax, 50
        bound   eax, [limits]
        jmp     $
handler: hlt
limits: dd      0, 10
