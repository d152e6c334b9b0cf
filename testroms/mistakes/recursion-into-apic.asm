; A recursion without an end whose stack goes down through the firmware's ROM and devices: a variable of a frame is the local APIC's command, an NMI.
; expect: Endless recursion: the call at ... (call ...) comes back to itself; the last ... came to ... where no RAM is
; status: 10
; variants: -DMUTUAL | -DVARIABLES
%include "mistake.inc"
%define FRAME 0x3FC
%ifndef COMMAND
%define COMMAND 0x84400         ; NMI to all
%endif
start:
        LOAD_GDT
        mov     esp, stack_top
f:      sub     esp, FRAME
%ifdef VARIABLES
        mov     dword [esp + 8], 1
        mov     byte [esp + eax], 1
        inc     eax
        and     eax, 0xFF
%endif
        mov     dword [esp + 0x2FC], COMMAND
%ifdef MUTUAL
        call    g
        ret
g:      sub     esp, FRAME
        mov     dword [esp + 0x2FC], COMMAND
%endif
        call    f
        ret
