; Paging is on, and nobody has mapped the local APIC.
; expect: The kernel wrote to FEE000F0h, where the local APIC is: a kernel with paging has to map its page at ... page directory entry 3FBh ... not present
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        PAGING_ON
        mov     dword [0xFEE000F0], 0x1FF
        jmp     $
