; The limit of the TSS' descriptor is that of a part of it: the stack for ring 0 lies beyond.
; expect: failed because the handler needs a stack from the TSS, and TR's limit ends before it
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        mov     word [gdt + 0x28], 7
        GATE    0x80, handler, 0x08, 0xEE
        lidt    [idt_pointer]
        mov     eax, 0x28
        ltr     ax
        RING3   user
user:   int     0x80
        jmp     $
handler: iretd
