; The variables of a function lie over the code, and it clears them.
; expect: The stack (ESP ... has run down into the code and has overwritten it
; status: 10
; options: --memory 2M
%include "mistake.inc"
start:
        LOAD_GDT
        mov     esp, 0x100800
        call    f
        jmp     $
f:      push    ebp
        mov     ebp, esp
        sub     esp, 0x7F0
        mov     edi, esp
        mov     ecx, 0x1FC
        xor     eax, eax
        rep     stosd
        leave
        ret
