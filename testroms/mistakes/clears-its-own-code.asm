; A loop clears memory from too low an address on, and comes to itself.
; expect: The code at 001 ... has been overwritten since it ran: at 001 ... was mov [edi], eax, and now there is add [eax], al. Whoever writes there has the wrong address or length
; status: 10
; options: --memory 2M
%include "mistake.inc"
start:
        LOAD_GDT
        mov     edi, 0xFF000
        xor     eax, eax
again:  mov     [edi], eax
        add     edi, 4
        jmp     again
