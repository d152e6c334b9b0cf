; A 4-MB page whose address is not on a 4-MB boundary.
; expect: page directory entry 001h at 00130004h is 00600083h: a reserved bit is set
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        mov     dword [directory], 0x83
        mov     dword [directory + 4], 0x600083
        mov     eax, cr4
        or      eax, 0x10
        mov     cr4, eax
        PAGING_ON
        mov     [0x400000], eax
        jmp     $
