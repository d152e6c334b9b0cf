; POPF has set NT, with which IA-32e mode refuses IRET.
; expect: EFLAGS.NT (bit 14) is set, which IRET refuses in IA-32e mode
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        lidt    [idt_pointer]
        pushfq
        or      dword [rsp], 0x4000
        popfq
        push    0x10
        push    stack_top
        push    2
        push    8
        push    over
        iretq
over:   jmp     $
