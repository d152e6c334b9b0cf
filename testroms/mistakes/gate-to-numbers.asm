; An IDT entry names a table of addresses and numbers; executing it happens to come to a HLT.
; expect: needs selector 0030h, and the GDT has 6 entries, up to 0028h. There is no handler: IDT entry 13 names ... which is data (01 00 00 00 02 00 00 00)
; status: 12
; variants: -DPAGED | -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    13, numbers
        lidt    [idt_pointer]
        mov     eax, 0x110000
        mov     ebx, 0x33
        mov     ds, bx
        jmp     $
align 4
numbers: dd     1, 2, 3, 0xF4F4F4F4
