; The limit of the IDT is that of 256 gates of 8 bytes: those from 80h on are beyond it.
; expect: failed because the IDT ends at limit 07FFh; IDT entry 128 needs 080Fh
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        mov     word [idt_pointer], 256 * 8 - 1
        lidt    [idt_pointer]
        GATE    0x80, handler
        int     0x80
        jmp     $
handler: iretq
