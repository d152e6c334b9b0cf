; The stub of #PF pushes a code of its own as if the processor had pushed none.
; expect: A null pointer: ... Its handler then failed: IRET at ... took #PF's error code for EIP
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    14, stub
        lidt    [idt_pointer]
        MAP_4MB 3
        mov     dword [table], 0
        PAGING_ON
        mov     [0], eax
        jmp     $
stub:   push    dword 0
        push    dword 14
        pusha
        call    rest
        popa
        add     esp, 8
        iretd
rest: mov     dword [table], 3
        invlpg  [0]
        ret
