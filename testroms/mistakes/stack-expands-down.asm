; SS holds an expand-down segment with the limit of an ordinary one.
; expect: SS is 0010h, which expands down (type bit 2), and its offsets begin above the limit FFFFFFFFh
; status: 10
%include "mistake.inc"
start:
        mov     byte [gdt + 0x15], 0x96
        LOAD_GDT
        push    eax
        jmp     $
