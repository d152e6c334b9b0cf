; A function writes past the end of its array, over its return address; it returns to another place that exists.
; check: stack
; expect: stack: a return address was overwritten at 0008: ... was 001 ... is 001 ... pushed by the call at: 0008: ... overwritten by: ... at 0008:
; variants: -DSTRING | -DBYTE
%include "mistake.inc"
start:  LOAD_GDT
        call    f
away:   xor     eax, eax
        out     0xF4, al
other:  xor     eax, eax
        out     0xF4, al
        hlt
f:      sub     esp, 16
%ifdef STRING
        mov     ecx, 5
        mov     eax, other
        mov     edi, esp
        cld
        rep     stosd
%elifdef BYTE
        mov     edi, esp
        mov     al, other - header
        add     edi, 16
        mov     [edi], al
%else
        mov     edi, esp
        mov     ecx, 5
        mov     eax, other
.next:  mov     [edi], eax
        add     edi, 4
        loop    .next
%endif
        add     esp, 16
        ret
