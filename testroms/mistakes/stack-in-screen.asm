; The stack is in the screen's memory, and a text is printed over it.
; expect: the return at ... took it from the stack at 000B8F9Ch, where the call at ... had put 001 ... which has been overwritten by ... (rep stosw). The stack lies in the memory of the screen
; status: 10
; variants: -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        mov     esp, 0xB8000 + 4000
        call    print
        xor     eax, eax
        out     0xF4, al
print:  mov     edi, 0xB8000
        mov     ecx, 2000
        mov     ax, 0x0741
        cld
        rep     stosw
        ret
