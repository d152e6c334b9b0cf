; Ring 3 was entered by IRET, which clears DS, and reads memory.
; expect: (mov eax, [0x100000]) used DS while it holds a null selector: load it first; an IRET to an outer ring leaves no inner ring's segment in DS, ES, FS and GS
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [idt_pointer]
        mov     ax, 0x28
        ltr     ax
        RING3   user
user:   mov     eax, [0x100000]
        jmp     $
