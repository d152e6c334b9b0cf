; The stub of an interrupt pushes no code, and the rest part removes one.
; expect: found its frame of exception 48 4 bytes short: the handler popped more than it pushed
; status: 10
; variants: -DDEEP | -DOTHER_STACK
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x30, stub
        lidt    [idt_pointer]
        int     0x30
        jmp     $
stub:   push    dword 0x30
        pusha
        call    rest
        popa
        add     esp, 8
        iretd
rest: ret
