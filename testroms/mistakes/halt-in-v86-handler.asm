; Virtual-8086 code executes CLI with IOPL 0; the monitor halts instead of emulating it.
; expect: (cli) in virtual-8086 mode with IOPL 0 ... Its handler halted the processor
; status: 12
; variants: -DSAVES | -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    13, handler
        lidt    [idt_pointer]
        mov     eax, 0x28
        ltr     ax
        mov     byte [0x8000], 0xFA
        push    0
        push    0
        push    0
        push    0
        push    0
        push    0xF00
        push    0x20002
        push    0x800
        push    0
        iretd
handler:
%ifdef SAVES
        pushad
        push    ds
        push    es
%endif
        cli
        hlt
