; The handler of #DE returns to the division.
; expect: Its handler returns to the same instruction, which faults again: mend the cause, skip the instruction, or stop
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0, handler
        lidt    [idt_pointer]
        xor     ecx, ecx
        div     ecx
        jmp     $
handler:
        iretd
