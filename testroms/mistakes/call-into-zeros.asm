; A call through a pointer into memory that holds nothing: two zero bytes are add [eax], al.
; expect: Memory that holds nothing but zeros is being executed, from 00180000h on: the ... at ... went there
; status: 10
; variants: -DJUMP | -DDEEP | -DTABLE | -DFAR
%define PAGED
%include "mistake.inc"
start:
        LOAD_GDT
        mov     ebx, 0x180000
        mov     eax, 0x150000
%ifdef PAGED
        mov     eax, 0x800000
%endif
%ifdef JUMP
        jmp     ebx
%elifdef TABLE
        mov     ecx, 1
        call    [functions + ecx * 4]
%elifdef FAR
        jmp     0x08:0x180000
%else
        call    ebx
%endif
functions: dd   0, 0x180000
