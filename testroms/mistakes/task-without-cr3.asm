; A hardware task switch to a TSS whose CR3 nobody has set: paging is on with CR3 = 0 from there on.
; expect: Paging is on, and a task switch takes CR3 from the TSS (offset 28), and in that of task
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        PAGING_ON
        mov     eax, 0x28
        ltr     ax
        mov     dword [second + 32], task
        mov     dword [second + 36], 2
        mov     dword [second + 56], stack_top
        mov     dword [second + 72], 0x10
        mov     dword [second + 76], 8
        mov     dword [second + 80], 0x10
        mov     dword [second + 84], 0x10
        mov     eax, second
        mov     [gdt + 0x20 + 2], ax
        shr     eax, 16
        mov     [gdt + 0x20 + 4], al
        mov     byte [gdt + 0x25], 0x89
        mov     byte [gdt + 0x26], 0
        mov     word [gdt + 0x20], 103
        jmp     0x20:0
task:   jmp     $
align 4
second: times 26 dd 0
