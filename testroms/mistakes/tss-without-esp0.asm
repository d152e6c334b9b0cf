; The TSS is loaded with SS0, and its ESP0 is 0 in a machine with paging.
; expect: the TSS's ESP0 is 00000000h, and a frame cannot be pushed below it
; status: 10
; variants: -DVECTOR=0x30 | -DEXCEPTION
%include "mistake.inc"
start:
%ifndef VECTOR
%define VECTOR 0x80
%endif
        LOAD_GDT
        GATE    VECTOR, handler, 0x08, 0xEE
        GATE    13, handler
        lidt    [idt_pointer]
        MAP_4MB 7
        PAGING_ON
        mov     dword [tss + 4], 0
        mov     eax, 0x28
        ltr     ax
        RING3   user
user:
%ifdef EXCEPTION
        cli
%else
        int     VECTOR
%endif
handler: jmp    $
