; A function stores a variable at [esp] without having made room for it, over its return address: what is there is a number, and no code.
; check: stack
; expect: a return address was overwritten at 0008: ... was 001 ... is 00150000h ... pushed by the call at: 0008: ... overwritten by: ... [esp] ... at 0008:
; variants: -DTWICE | -DADDED
%include "mistake.inc"
start:  LOAD_GDT
        mov     ecx, 0x150000
        call    f
        ud2
f:
%ifdef TWICE                                                    ; what was code at first is none in the end
        mov     dword [esp], end
        mov     [esp], ecx
%elifdef ADDED
        mov     dword [esp], 0x14FFF0
        add     dword [esp], 0x10
%else
        mov     [esp], ecx
%endif
        mov     eax, 0x160000                                   ; the zeros there go on to the end
        mov     dword [0x150010], 0xF4E6C031
        ret
end:
