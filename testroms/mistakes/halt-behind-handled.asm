; An exception was handled and done with; long afterwards the kernel halts.
; expect: HLT with IF = 0 ends everything
; status: 12
; variants: -DPAGED | -DDEEP | -DBYHAND
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    3, handler
        lidt    [idt_pointer]
        sub     esp, 0x40
        int3
%ifdef BYHAND
        mov     eax, [esp - 12]
%endif
        nop
        sub     esp, 0x40
        cli
        hlt
handler:
        pushad
        popad
        iretd
