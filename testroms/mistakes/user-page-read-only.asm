; The stack of a program in ring 3 is in a page that must not be written.
; expect: Ring 3 wrote to 00127FFCh at ... read-only (bit 1, R/W, is clear)
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 7
        and     dword [table + (user_stack - 0x1000) / 0x1000 * 4], ~2
        PAGING_ON
        mov     eax, 0x28
        ltr     ax
        RING3   user
user:   push    eax
        jmp     $
