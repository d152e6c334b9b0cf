; A higher-half kernel turns paging on without mapping the code that does it.
; expect: Paging was switched on, and the code that did it is not mapped at its own address
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        mov     eax, [directory]
        mov     [directory + 0xC00], eax
        mov     dword [directory], 0
        PAGING_ON
        jmp     $
