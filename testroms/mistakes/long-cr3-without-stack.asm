; A new address space has the code and not the stack.
; expect: CR3 was loaded at 001 ... (mov cr3, rax), and the tables at 00140000h do not map the stack (RSP 001200 ... map it there, too; page table entry 11Fh
; status: 10
; variants: -DHANDLERS
%include "mistake64.inc"
start:
        LONG_MODE
%ifdef HANDLERS
        GATE    14, handler
        GATE    8, handler
        lidt    [idt_pointer]
%endif
        mov     qword [abs 0x140000], 0x141003
        mov     qword [abs 0x141000], 0x142003
        mov     qword [abs 0x142000], 0x143003
        mov     qword [abs 0x143000 + 0x100 * 8], 0x100003
        mov     qword [abs 0x143000 + 0x110 * 8], 0x110003
        mov     eax, 0x140000
        mov     cr3, rax
        push    rax
        jmp     $
handler: jmp    $
