; The IDT's page is not mapped in the tables that were switched on.
; expect: (int3) needs IDT entry 3, and the IDT at 00110000h is not mapped: keep it mapped when paging comes on
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    3, handler
        lidt    [idt_pointer]
        MAP_4MB 3
        mov     dword [table + 0x110 * 4], 0
        PAGING_ON
        int3
        jmp     $
handler: iretd
