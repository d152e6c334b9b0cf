; A call through a pointer that nobody has set.
; expect: is where no code is (no RAM, no ROM): the call at ... (call eax) went there
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        mov     eax, 0x40000000
        call    eax
