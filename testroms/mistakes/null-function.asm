; A function pointer that is null is called, without paging.
; expect: The real-mode interrupt table is being executed at 00000000h: the address that was gone to is a null pointer, or nearly: the call at ... went there
; status: 10
; variants: -DDEEP | -DMEMBER
%include "mistake.inc"
start:
        LOAD_GDT
        xor     ebx, ebx
%ifdef MEMBER
        call    [nothing]
%else
        call    ebx
%endif
        jmp     $
nothing: dd     0
