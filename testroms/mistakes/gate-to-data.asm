; The gate of #UD names the data segment.
; expect: IDT entry 6 names selector 0010h, which is a data segment, not code; a gate needs the selector of the code segment, 08h in most kernels
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    6, handler, 0x10
        lidt    [idt_pointer]
        ud2
handler: jmp    $
