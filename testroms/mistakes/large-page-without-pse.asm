; A directory entry is to be a page of 4 MB, and CR4.PSE is off.
; expect: Page directory entry 000h at 00130000h is 00000083h, with bit 7 (PS) set for a page of 4 MB, which counts only while CR4.PSE (bit 4) is set: the processor takes 00000000h for a page table
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        mov     dword [directory], 0x83
        PAGING_ON
        jmp     $
