; A handler pushes one register more than it pops.
; expect: found 4 bytes above the frame of #DE: the handler pushed more than it popped
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0, handler
        lidt    [idt_pointer]
        xor     ecx, ecx
        div     ecx
        jmp     $
handler:
        push    eax
        push    ecx
        mov     ecx, 1
        pop     eax
        iretd
