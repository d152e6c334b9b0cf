; The return address was overwritten by a function's own variable.
; expect: Memory that holds nothing but zeros is being executed, from 001A0000h on: the return at ... took it from the stack at ... where ... had put
; status: 10
; variants: -DDEEP -DLEAVE
%define PAGED
%include "mistake.inc"
start:
        LOAD_GDT
        call    f
        jmp     $
f:
%ifdef LEAVE
        push    ebp
        mov     ebp, esp
        sub     esp, 0x20
        mov     dword [ebp + 4], 0x1A0000
        leave
%elifdef TEXT
        mov     dword [esp], message
%else
        mov     dword [esp], 0x1A0000
%endif
        ret
message: db     "Hello, kernel! This is a text and no code.", 0
