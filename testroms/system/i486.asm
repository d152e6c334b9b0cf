; cpu: 486
; A 486 with CPUID: no CR4, no model-specific registers. SDM Vol. 3B, chapter 22.
%include "lib/start.inc"

%macro fault 3                          ; text, instruction, vector
        probe   %1
        code
.f:     %2
        endcode
        want    %3, 0
%endmacro

main:
        mov     eax, 1
        cpuid
        shr     eax, 8
        and     eax, 0Fh
        is      "CPUID: family 4", eax, 4
        mov     eax, 1
        cpuid
        and     edx, 8 | 10h | 20h | 100h
        is      "CPUID: no PSE, TSC, MSR, CX8", edx, 0
        fault   "MOV from CR4 is #UD", {mov eax, cr4}, xUD
        fault   "MOV to CR4 is #UD", {mov cr4, eax}, xUD
        fault   "RDTSC is #UD", {rdtsc}, xUD
        fault   "RDMSR is #UD", {rdmsr}, xUD
        fault   "WRMSR is #UD", {wrmsr}, xUD
        fault   "CMPXCHG8B is #UD", {cmpxchg8b [SCRATCH]}, xUD
        fault   "CMOV is #UD", {cmovz eax, ecx}, xUD
        probe   "CMPXCHG, XADD, BSWAP, INVLPG exist"
        set     ebx, SCRATCH
        code
        cmpxchg [ebx], ecx
        xadd    [ebx], ecx
        bswap   edx
        invlpg  [ebx]
        endcode
        mov     dword [ignored], 7 << 7
        want_done
        probe   "EFLAGS.ID and AC can be changed"
        push    dword 240002h
        popfd
        pushfd
        pop     eax
        push    dword 2
        popfd
        is      "and read back", eax, 240002h
        jmp     finish
