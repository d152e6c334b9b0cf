; A pointer to a text is called.
; expect: Data is being executed at ..., the text "kernel panic: ...": the ... at ... went there
; status: 10
; variants: -DJUMP | -DPAGED | -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
%ifdef JUMP
        mov     eax, message
        jmp     eax
%else
        push    dword 5
        call    [pointer]
%endif
pointer: dd     message
message: db     "kernel panic: oh", 0xD, 0xFF, 0xFF
