; The stack is right above the IDT, and a function's variables are larger than the stack.
; expect: has grown over the IDT at 00110000h and has overwritten it
; status: 10
; variants: -DDEPTH=30
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0, handler
        lidt    [idt_pointer]
        mov     esp, 0x110900
%ifdef DEPTH
        mov     ecx, DEPTH
again:  sub     esp, 0x40
        push    ecx
        push    dword 0
        push    dword 0
        push    dword 0
        loop    again
        sub     esp, 0x40
%else
        sub     esp, 0x900 - 0x100
%endif
        mov     edi, esp
        mov     ecx, 0x40
        xor     eax, eax
        mov     edi, 0x110000
        rep     stosd
        push    eax
        xor     ecx, ecx
        div     ecx
handler: jmp    $
