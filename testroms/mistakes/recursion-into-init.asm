; The same, and the command is INIT: the processor begins anew in a BIOS that the stack has written over.
; expect: Endless recursion: the call at ... (call ...) comes back to itself; the last ... came to ... where no RAM is
; status: 16
; variants: -DMUTUAL | -DVARIABLES
%define COMMAND 0x84500         ; INIT to all
%include "recursion-into-apic.asm"
