; The handler says that an exception came, which takes a while, and returns to the instruction that raised it.
; expect: (div ecx): the divisor is 0. Its handler returns to the same instruction, which faults again
; status: 16
; options: --max-ticks 20M
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    0, handler
        lidt    [idt_pointer]
        xor     ecx, ecx
        div     ecx
        jmp     $
handler: pushad
        mov     ecx, 4
next:   mov     dx, 0x3FD
poll:   in      al, dx
        test    al, 0x20
        jz      poll
        mov     dx, 0x3F8
        mov     al, '!'
        out     dx, al
        loop    next
        popad
        iretd
