; The local APIC's timer runs, and bit 8 of the spurious-interrupt vector register is clear.
; expect: The local APIC's timer was given a count, and the local APIC is switched off by software
; status: 12
; options: --machine pc
; variants: -DDEEP
%define SPURIOUS_VECTOR 0xFF
%include "apic-no-eoi.asm"
