; A handler that ends with RET, as one in C does: CS and EFLAGS stay on the stack.
; expect: The handler of ... ends with RET at ... IRETD; one in C needs a stub
; status: 16
; options: --max-ticks 12M
; variants: -DDEEP | -DPAGED | -DFRAME
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    32, handler
        lidt    [idt_pointer]
        REMAP
        sti
wait_for_it:
        inc     eax
        jmp     wait_for_it
handler:
%ifdef FRAME
        push    ebp
        mov     ebp, esp
        sub     esp, 8
%endif
        mov     al, 0x20
        out     0x20, al
%ifdef FRAME
        leave
%endif
        sti
        ret
