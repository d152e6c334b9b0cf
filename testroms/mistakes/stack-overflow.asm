; Recursion runs the stack into an unmapped page; #PF and #DF find no stack, either.
; expect: Endless recursion: the call at ... comes back to itself; ... has run out of its pages
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    8, handler
        GATE    14, handler
        lidt    [idt_pointer]
        MAP_4MB 3
        mov     dword [table + 0x11E * 4], 0
        PAGING_ON
recurse: call   recurse
handler: jmp    $
