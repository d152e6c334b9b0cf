; CR0 is written with PG alone: PE is lost.
; expect: CR0.PG (bit 31) needs CR0.PE (bit 0)
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        mov     eax, directory
        mov     cr3, eax
        mov     eax, 0x80000000
        mov     cr0, eax
        jmp     $
