; A function calls itself for ever, and nothing is mapped below its stack.
; expect: Endless recursion: the call at ... comes back to itself; ... frames ... has run out of its pages
; status: 10
; variants: -DFRAMES | -DMUTUAL | -DFRAMES -DVARIABLES=0x200 | -DINDIRECT -DDEEP | -DWITH_IDT
%include "mistake.inc"
start:
        LOAD_GDT
%ifdef WITH_IDT
        GATE    8, handler
        GATE    14, handler
        lidt    [idt_pointer]
%endif
%ifndef VARIABLES
%define VARIABLES 0x20
%endif
        MAP_4MB 3
        mov     dword [table + 0x11A * 4], 0
        mov     dword [table + 0x119 * 4], 0
        PAGING_ON
        mov     ebx, f
f:
%ifdef FRAMES
        push    ebp
        mov     ebp, esp
        sub     esp, VARIABLES
        push    dword [ebp + 8]
%endif
%ifdef MUTUAL
        call    g
        ret
g:      push    esi
        call    f
%elifdef INDIRECT
        call    ebx
%else
        call    f
%endif
        ret
handler: jmp    $
