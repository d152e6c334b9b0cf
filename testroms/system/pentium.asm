; cpu: pentium
; A Pentium: what came with the P6 does not exist. SDM Vol. 3B, chapter 22.
%include "lib/start.inc"

%macro fault 3                          ; text, instruction, vector
        probe   %1
        code
.f:     %2
        endcode
        want    %3, 0
%endmacro
%macro cr4_fault 2                      ; text, bits
        probe   %1
        mov     eax, cr4
        or      eax, %2
        mov     [context + machine.eax], eax
        code
.f:     mov     cr4, eax
        endcode
        want    xGP, 0
%endmacro

main:
        mov     eax, 1
        cpuid
        shr     eax, 8
        and     eax, 0Fh
        is      "CPUID: family 5", eax, 5
        mov     eax, 1
        cpuid
        and     edx, 8 | 10h | 100h | 40h | 800h | 2000h | 8000h
        is      "CPUID: PSE, TSC, CX8; no PAE, SEP, PGE, CMOV", edx, 118h
        fault   "CMOV is #UD", {cmovz eax, ecx}, xUD
        fault   "UD2 is #UD", {ud2}, xUD
        fault   "SYSENTER is #UD", {sysenter}, xUD
        fault   "FCMOV is #UD", {fcmovb st1}, xUD
        fault   "FCOMI is #UD", {fcomi st1}, xUD
        fault   "RDPMC is #UD", {rdpmc}, xUD
        cr4_fault "CR4.PAE is reserved", 20h
        cr4_fault "CR4.PGE is reserved", 80h
        cr4_fault "CR4.OSFXSR is reserved", 200h
        probe   "CR4.VME, PVI, TSD, DE, PSE can be set"
        mov     eax, cr4
        mov     ebx, eax
        or      eax, 1Fh
        mov     cr4, eax
        mov     eax, cr4
        mov     cr4, ebx
        and     eax, 1Fh
        is      "and read back", eax, 1Fh
        jmp     finish
