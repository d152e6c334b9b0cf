; A segment register is loaded while the GDT is still the boot loader's.
; expect: needs selector 0010h, and no GDT is loaded. A boot loader's GDT may be gone: load your own with LGDT first
; status: 10
%include "mistake.inc"
start:
        mov     eax, 0x10
        mov     ds, eax
        jmp     $
