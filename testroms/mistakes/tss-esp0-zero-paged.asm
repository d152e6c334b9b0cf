; The same with paging, and ring 3's stack ends where a page table begins, which is no mistake.
; expect: the TSS's ESP0 is 00000000h, and a frame cannot be pushed below it ... set it to the end of a mapped stack of ring 0's own
; status: 10
%define PAGED
%include "mistake.inc"
start:
        LOAD_GDT
        mov     dword [tss + 4], 0
        GATE    0x80, handler, 0x08, 0xEE
        GATE    14, handler
        GATE    8, handler
        lidt    [idt_pointer]
        mov     ax, 0x28
        ltr     ax
        push    0x23
        push    directory
        push    2
        push    0x1B
        push    user
        iretd
user:   int     0x80
handler: jmp    $
