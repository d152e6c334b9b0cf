; Handlers fault inside each other, and at last one of them gives up.
; expect: the divisor is 0 ... Its handler raises exceptions itself, ... inside each other
; status: 3
; variants: -DTIMES=5 | -DTIMES=285 -DDEEP | -DTIMES=285 -DPAGED
%include "mistake.inc"
start:
%ifndef TIMES
%define TIMES 40
%endif
        LOAD_GDT
        GATE    0, handler
        GATE    13, handler
        lidt    [idt_pointer]
        mov     esi, TIMES
        xor     ecx, ecx
        div     ecx
        jmp     $
handler:
        push    ebp
        mov     ebp, esp
        dec     esi
        jz      over
        mov     ax, 0x70
        mov     fs, ax
        jmp     $
over:   mov     al, 3
        out     0xF4, al
        jmp     $
