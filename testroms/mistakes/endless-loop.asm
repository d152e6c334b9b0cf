; The kernel returns into `jmp $`.
; expect: runs with interrupts off (IF = 0): nothing can end it
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        jmp     $
