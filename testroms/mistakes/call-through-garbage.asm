; A call through a pointer that nobody has set.
; expect: is where no code is: a jump, call or return went wrong; the last branches say which
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        mov     eax, 0x40000000
        call    eax
