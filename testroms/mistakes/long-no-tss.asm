; An interrupt from ring 3 without a TSS.
; expect: (TR is 0) ... RSP0
; status: 10
; variants: -DFAULT
%include "mistake64.inc"
start:
        LONG_MODE
        GATE    0x80, handler, 0x08, 0xEE
        GATE    13, handler
        lidt    [idt_pointer]
        RING3   user
user:
%ifdef FAULT
        cli
%else
        int     0x80
%endif
handler: jmp    $
