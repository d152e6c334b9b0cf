; Paging is on and ESP is 0.
; expect: The stack pointer ESP is 00000000h, and no page is mapped below it
; status: 10
; variants: -DWITH_IDT | -DDEEP -DWITH_IDT
%include "mistake.inc"
start:
        LOAD_GDT
%ifdef WITH_IDT
        GATE    14, handler
        lidt    [idt_pointer]
%endif
        MAP_4MB 3
        PAGING_ON
        xor     esp, esp
        push    eax
        call    handler
handler: jmp    $
