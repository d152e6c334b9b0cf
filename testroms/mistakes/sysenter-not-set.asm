; SYSENTER before IA32_SYSENTER_CS is set.
; expect: (sysenter): IA32_SYSENTER_CS (model-specific register 174h) is 0000h, the null selector: set it
; status: 10
; variants: -DDEEP
%include "mistake.inc"
start:
        LOAD_GDT
        sysenter
