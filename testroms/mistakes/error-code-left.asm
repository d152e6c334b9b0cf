; The handler of #PF returns with the error code still on the stack.
; expect: took #PF's error code for EIP: its handler has to remove the code first (add esp, 4)
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    14, handler
        lidt    [idt_pointer]
        MAP_4MB 3
        mov     dword [table], 0
        PAGING_ON
        mov     [0], eax
        jmp     $
handler:
        iretd
