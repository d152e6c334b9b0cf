; LIDT was given the table, and not the pointer to it.
; expect: failed because IDTR's base is 8E000008h, where no RAM is
; status: 10
; variants: -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0, handler
        GATE    0x30, handler
        lidt    [idt]
        int     0x30
        jmp     $
handler: iretd
