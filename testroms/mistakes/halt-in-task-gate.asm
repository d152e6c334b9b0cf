; #DF through a task gate, whose task halts: the stack of the task that was left has run out.
; expect: Endless recursion: the call at ... Its delivery failed, which made it a double fault. Its handler halted the processor
; status: 12
; variants: -DFRAMES
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    14, handler
        mov     dword [idt + 8 * 8], 0x00300000
        mov     dword [idt + 8 * 8 + 4], 0x8500
        lidt    [idt_pointer]
        MAP_4MB 3
        mov     dword [table + 0x11A * 4], 0
        lgdt    [own_pointer]
        mov     eax, directory
        mov     [task + 0x1C], eax
        PAGING_ON
        mov     ax, 0x28
        ltr     ax
f:
%ifdef FRAMES
        push    ebp
        mov     ebp, esp
        sub     esp, 0x40
%endif
        call    f
handler: jmp    $
double: cli
        hlt
align 8
own_gdt: dq     0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF, 0, 0
        dw      103, tss - header, 0x8910, 0
        dw      103, task - header, 0x8910, 0
own_end:
own_pointer: dw own_end - own_gdt - 1
        dd      own_gdt
align 4
task:   dd      0, 0, 0, 0, 0, 0, 0, directory, double, 2, 0, 0, 0, 0, 0x128000, 0, 0, 0
        dd      0x10, 0x08, 0x10, 0x10, 0x10, 0x10, 0
        dw      0, 104
