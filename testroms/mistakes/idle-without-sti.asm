; An idle loop of HLT, and nobody has turned interrupts on.
; expect: HLT with IF = 0 ends everything. A kernel that is done says so: `out 0xf4, al` with 0 for passed; an idle loop needs STI before HLT
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
wait_:  hlt
        jmp     wait_
