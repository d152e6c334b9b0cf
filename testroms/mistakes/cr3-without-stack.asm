; A new address space has the code and not the stack.
; expect: CR3 was loaded at 001 ... (mov cr3, edi), and the tables at 00140000h do not map the stack (ESP 001200 ... map it there, too; page table entry 11Fh
; status: 10
; variants: -DHANDLERS | -DCALLED
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        PAGING_ON
%ifdef HANDLERS
        GATE    14, handler
        GATE    8, handler
        lidt    [idt_pointer]
%endif
        mov     edi, 0x140000
        mov     dword [0x141000 + 0x100 * 4], 0x100003
        mov     dword [0x141000 + 0x110 * 4], 0x110003
        mov     dword [edi], 0x141003
        mov     cr3, edi
%ifdef CALLED
        mov     ecx, 10
.later: loop    .later
        call    handler
%endif
        push    eax
        jmp     $
handler: jmp    $
