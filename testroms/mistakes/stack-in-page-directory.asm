; The stack begins right above the page directory and grows into it.
; expect: is inside the page directory at 00130000h and has overwritten it: move one of them
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        PAGING_ON
        mov     esp, directory + 0x1000
recurse:
        call    recurse
