; Ring 3 makes a system call, TSS.ESP0 was never set, and without paging the frame goes to the ROM below 4 GB.
; expect: The TSS's ESP0 is 00000000h, which is no stack: the frame of vector 128, which came at ... was pushed to FFFFFFECh, where no RAM is
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        mov     dword [tss + 4], 0
        GATE    0x80, handler, 0x08, 0xEE
        GATE    13, fault
        GATE    6, fault
        lidt    [idt_pointer]
        mov     ax, 0x28
        ltr     ax
        RING3   user
user:   int     0x80
        jmp     user
handler: push   eax
        call    work
        pop     eax
        iretd
work:   ret
fault:  cli
        hlt
