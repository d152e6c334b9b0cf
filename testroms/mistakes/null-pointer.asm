; A null pointer, with page 0 unmapped as it should be.
; expect: A null pointer: 00100122h (mov dword ptr [eax+8], 1) used address 00000008h
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        mov     dword [table], 0
        PAGING_ON
        xor     eax, eax
        mov     dword [eax+8], 1
        jmp     $
