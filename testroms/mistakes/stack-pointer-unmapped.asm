; Paging is on, and ESP is set to an address that is not mapped.
; expect: The stack pointer ESP is D0000000h, and no page is mapped below it ... It got that value at
; status: 10
; variants: -DLSS -DDEEP | -DWITH_IDT
%include "mistake.inc"
start:
        LOAD_GDT
%ifdef WITH_IDT
        GATE    14, handler
        lidt    [idt_pointer]
%endif
        MAP_4MB 3
        PAGING_ON
%ifdef LSS
        lss     esp, [pointer]
%else
        mov     esp, 0xD0000000
%endif
        call    handler
handler: jmp    $
pointer: dd     0xD0000000
        dw      0x10
