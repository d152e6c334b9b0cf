; SS0 in the TSS is the selector of the stack of ring 3.
; expect: the TSS's ring-0 stack selector 0023h has RPL 3, and its segment's DPL is 3: both have to be 0
; status: 10
; variants: -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        mov     dword [tss + 8], 0x23
        GATE    0x80, handler, 0x08, 0xEE
        lidt    [idt_pointer]
        mov     eax, 0x28
        ltr     ax
        RING3   user
user:   int     0x80
        jmp     $
handler: iretd
