; A recursion without an end, and the page tables are right below the stack.
; expect: Endless recursion: the call at ... comes back to itself
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        mov     rsp, tables + 0x3000
        mov     rdi, 1
        call    deep
        jmp     $
deep:   sub     rsp, 0x78
        mov     [rsp + 0x30], rdi
        inc     rdi
        call    deep
        add     rax, [rsp + 0x30]
        add     rsp, 0x78
        ret
