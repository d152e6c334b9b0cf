; The handler of page faults uses a null pointer: it faults inside itself until the stack is used up.
; expect: wrote to 00700000h at ... Its handler raises exceptions itself, ... inside each other, until none could be delivered: A null pointer
; status: 10
; variants: -DSAVES | -DDEEP -DSAVES | -DSMALL
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    14, handler
        lidt    [idt_pointer]
        MAP_4MB 3
        mov     dword [table], 0
%ifdef SMALL
        mov     dword [table + 0x11E * 4], 0
        mov     dword [table + 0x11F * 4], 3
        mov     dword [table + 0x11F * 4], 0x11F003
%else
        mov     dword [table + 0x11A * 4], 0
%endif
        PAGING_ON
        mov     dword [0x700000], 1
        jmp     $
handler:
%ifdef SAVES
        pushad
        push    ds
        sub     esp, 0x30
%endif
        mov     eax, [0x10]
        iretd
