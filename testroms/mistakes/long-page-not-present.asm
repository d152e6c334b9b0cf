; A table's entry lacks P: what it maps is not there.
; expect: page directory entry ... is ... not present (bit 0 is clear)
; status: 10
; variants: -DDATA
%include "mistake64.inc"
start:
        cli
        lgdt    [gdt_pointer]
        mov     esp, 0x120000
        MAP
%ifdef DATA
        mov     dword [directory + 8], tables + 0x1000 + 6
        SWITCH
        ENTER
        mov     eax, [abs 0x200000]
%else
        mov     dword [directory], tables + 6
        SWITCH
        ENTER
%endif
        jmp     $
