; A busy loop waits for a flag that only an interrupt would set, with interrupts off.
; expect: runs with interrupts off (IF = 0): nothing can end it
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
again:  cmp     dword [flag], 0
        je      again
flag:   dd      0
