; Ring 3 is entered in a page that one of the tables on the way has for the supervisor alone.
; expect: Ring 3 was entered at ..., and that page is not ring 3's; page directory pointer entry
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        LOAD_TSS
        and     dword [abs pointers], ~4
        mov     rax, cr3
        mov     cr3, rax
        RING3   user
user:   jmp     $
