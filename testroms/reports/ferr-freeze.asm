; says: freeze
; says: frozen for good
; status: 12
; CR0.NE = 0, an unmasked x87 exception pending, IF = 0: the next waiting instruction is not executed. SDM Vol. 1, section 8.7.2.
%include "pm.inc"
pmain:
    mov eax,cr0
    and eax,~0x2e
    mov cr0,eax
    mov al,0xff
    out 0x21,al
    out 0xa1,al
    fninit
    push word 0x035f
    fldcw [esp]
    add esp,2
    mov dword [0x6004],3
    mov dword [0x6010],0xaaaaaaaa
    PT "freeze"      ; IF=0: nothing can end the wait
    fild dword [0x6004]
    fld1
    fdivrp
    fst dword [0x6010]
    PT "notfrozen"
    P32 [0x6010]
    jmp pfinish
