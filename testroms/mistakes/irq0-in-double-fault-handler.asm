; Interrupts are on before the 8259A has other vectors, and the double fault's handler takes an error code, which IRQ 0 does not push.
; expect: IRQ 0 came as vector 8, which in protected mode is #DF's: the 8259A still has the BIOS's vectors; remap it to 20h-2Fh (ICW2) before STI
; status: 16
; options: --max-ticks 20M
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    8, handler
        GATE    13, handler
        lidt    [idt_pointer]
        mov     al, 0xFE
        out     0x21, al
        sti
        jmp     $
handler: pushad
        mov     ecx, 1000
        loop    $
        popad
        add     esp, 4
        iretd
