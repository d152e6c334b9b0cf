; RDRAND without having asked CPUID.
; expect: The instruction at 001 ... is RDRAND, which no model here has: ask CPUID (leaf 1, ECX bit 30) before it is used, or compile without it
; status: 10
; options: --cpu max
%include "mistake.inc"
start:
        LOAD_GDT
        db      0x0F, 0xC7, 0xF0
        jmp     $
