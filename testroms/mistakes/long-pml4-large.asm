; PS in an entry of the PML4: there are no pages of 512 GB.
; expect: PML4 entry 000h at 00135000h is 00000083h: a reserved bit is set: bit 7 (PS) is reserved in a PML4 entry
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        mov     qword [abs other], 0x83
        mov     rax, other
        mov     cr3, rax
        jmp     $
