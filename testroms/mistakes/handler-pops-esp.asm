; A handler takes ESP from the stack with the other registers, one by one, as PUSHA has pushed them.
; expect: takes its frame from ... and that of exception 48 lies at ... pop esp at ... has moved the stack
; status: 10
; variants: -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x30, handler
        lidt    [idt_pointer]
        push    dword 5
        int     0x30
        jmp     $
handler:
        pusha
        pop     eax
        pop     ecx
        pop     edx
        pop     ebx
        pop     esp
        pop     ebp
        pop     esi
        pop     edi
        iretd
