; ESP0 is 0 in a machine without paging: the frame is pushed to where no RAM is, and IRET finds nothing.
; expect: The TSS's ESP0 is ..., which is no stack: the frame of
; status: 10
; variants: -DESP0=0xE0000000 | -DESP0=0xE0000000 -DEXCEPTION
%include "mistake.inc"
start:
%ifndef ESP0
%define ESP0 0xFE000000
%endif
        LOAD_GDT
        GATE    0x80, handler, 0x08, 0xEE
        GATE    0, handler
        lidt    [idt_pointer]
        mov     dword [tss + 4], ESP0
        mov     eax, 0x28
        ltr     ax
        RING3   user
user:
%ifdef EXCEPTION
        xor     ecx, ecx
        div     ecx
%else
        int     0x80
%endif
        jmp     $
handler: iretd
