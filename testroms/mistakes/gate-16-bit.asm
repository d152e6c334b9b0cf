; A gate of the 286 (type 6 or 7) for a handler of 32 bits: the upper half of its address is lost.
; expect: IDT entry ... is a 16-bit ... gate (type ...), and its handler is 32-bit code: of the handler's address ... takes ... alone
; status: 12
; variants: -DTRAP | -DINTERRUPT | -DDEEP -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    6, report
        GATE    13, report
        GATE    14, report
%ifdef TRAP
        GATE    3, handler, 0x08, 0x87
        lidt    [idt_pointer]
        int3
%elifdef INTERRUPT
        GATE    32, handler, 0x08, 0x86
        lidt    [idt_pointer]
        REMAP
        sti
        jmp     $
%else
        GATE    128, handler, 0x08, 0x86
        lidt    [idt_pointer]
        int     128
%endif
handler:
        iretd
report: cli
        hlt
