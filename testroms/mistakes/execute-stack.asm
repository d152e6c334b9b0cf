; A jump to a variable on the stack.
; expect: The stack is being executed at ...: the call at ... (call eax) went there
; status: 10
; variants: -DPAGED | -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        push    dword 0xFFFFFFFF
        mov     eax, esp
        call    eax
