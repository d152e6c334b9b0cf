; A call to a buffer of zeros, which are add [eax], al; thousands of them later the processor comes to data that faults.
; expect: Memory that holds nothing but zeros is being executed, from 00180000h on: the ... at ... went there
; status: 10
; variants: -DJUMP | -DDEEP -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        mov     dword [0x1A0000], 0x0F0B9090    ; NOP, NOP, and bytes that raise #UD
        mov     word [0x1A0004], 0x0B0F
        mov     eax, 0x150000
        mov     ebx, 0x180000
%ifdef JUMP
        jmp     ebx
%else
        call    ebx
%endif
