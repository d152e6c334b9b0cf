; The loop that clears .bss goes over the GDT, which the next segment load wants.
; expect: The GDT at 00111000h holds nothing but zeros now: somebody has written over it
; status: 10
%include "mistake.inc"
start:
        lgdt    [pointer]
        mov     esi, gdt
        mov     edi, 0x111000
        mov     ecx, 12
        rep movsd
        lgdt    [pointer]
        jmp     0x08:next
next:   mov     eax, 0x10
        mov     ss, eax
        mov     ds, eax
        mov     es, eax
        mov     esp, stack_top
        call    clear
        mov     eax, 0x10
        mov     fs, eax
        jmp     $
clear:  mov     edi, 0x110000
        mov     ecx, 0x800
        xor     eax, eax
        rep stosd
        ret
pointer: dw     47
        dd      0x111000
