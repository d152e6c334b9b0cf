; Ring 3 is entered in a page that is the supervisor's.
; expect: Ring 3 was entered at 00100136h, and that page is not ring 3's; page table entry 100h at 00131400h is 00100063h: not for ring 3 (bit 2, U/S, is clear)
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        mov     eax, 0x28
        ltr     ax
        lidt    [idt_pointer]
        PAGING_ON
        RING3   user
user:   jmp     user
