; DF is set by code before, and a function that clears memory goes down through its own kernel.
; expect: has been overwritten since it ran: at 001 ... was rep stosd ... EFLAGS.DF was set, so it went down from where it began, and through itself: CLD is missing
; status: 10
; variants: -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        std
        mov     edi, 0x104000
        mov     ecx, 0x2000
        xor     eax, eax
        rep     stosd
        cld
        out     0xF4, al
