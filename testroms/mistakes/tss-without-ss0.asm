; The TSS is loaded, and its SS0 is 0.
; expect: the TSS's ring-0 stack selector 0000h is null, not writable data
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0x80, handler, 0x08, 0xEE
        lidt    [idt_pointer]
        mov     dword [tss + 8], 0
        mov     eax, 0x28
        ltr     ax
        RING3   user
user:   int     0x80
handler: jmp    $
