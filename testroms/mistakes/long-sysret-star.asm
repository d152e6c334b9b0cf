; IA32_STAR has the wrong selector for SYSRET: the next return to ring 3 finds no code there.
; expect: SYSRET made it of IA32_STAR, whose bits 63 to 48 are
; status: 10
; variants: -DSTAR=0x28
%include "mistake64.inc"
%ifndef STAR
%define STAR 0x30
%endif
start:
        LONG_MODE
        LOAD_TSS
        GATE    0x80, handler, 0x08, 0xEE
        lidt    [idt_pointer]
        SYSTEM_CALLS entry, 0x08, STAR
        mov     rcx, user
        mov     r11d, 2
        o64 sysret
entry:  o64 sysret
user:   int     0x80
        jmp     $
handler:
        iretq
