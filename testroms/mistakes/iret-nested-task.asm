; POPF has set NT, and the next IRET wants to go back to a task that never was.
; expect: EFLAGS.NT (bit 14) is set, and so IRET does not take EIP, CS and EFLAGS from the stack, but switches to the task that the TSS's link names (0000h): clear NT
; status: 10
; variants: -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [idt_pointer]
        mov     ax, 0x28
        ltr     ax
        pushfd
        or      dword [esp], 0x4000
        popfd
        push    2
        push    8
        push    over
        iretd
over:   jmp     $
