; 32-bit code with a stack segment whose descriptor lacks B: SP alone counts, and the stack grows over the GDT below 64 KB.
; expect: SS is 0010h, whose descriptor has B (bit 54) clear: of ESP 00127EC0h SP 7EC0h alone counts, and the stack is at 00007EC0h
; status: 10
%include "mistake.inc"
start:
        mov     esi, gdt
        mov     edi, 0x7F00
        mov     ecx, 12
        rep     movsd
        mov     dword [0x7F14], 0x008F9200
        lgdt    [pointer]
        jmp     0x08:next
next:   mov     eax, 0x10
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     esp, 0x128000
        mov     ecx, 80
again:  push    eax
        loop    again
        mov     eax, 0x20
        mov     fs, eax
        jmp     $
pointer: dw     47
        dd      0x7F00
