; DS holds a code segment, which may be read but not written.
; expect: needs DS to be writable
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        mov     eax, 0x08
        mov     ds, eax
        mov     dword [0x200000], 1
        jmp     $
