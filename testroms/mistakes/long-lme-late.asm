; EFER.LME is set when paging is on already.
; expect: EFER.LME (bit 8) cannot change while paging is on: set it before CR0.PG
; status: 10
; variants: -DTABLES32
%include "mistake64.inc"
start:
        cli
        lgdt    [gdt_pointer]
        mov     esp, 0x120000
%ifdef TABLES32
        mov     dword [pml4], 0x83              ; a directory of 32 bits
        mov     eax, cr4
        or      eax, 0x10
        mov     cr4, eax
%else
        MAP
        mov     dword [pointers], directory + 1
        SET_PAE
%endif
%ifdef TABLES32
        mov     eax, pml4
%else
        mov     eax, pointers                   ; PAE's own pointers
%endif
        mov     cr3, eax
        SET_PG
        SET_EFER 0x100
        SET_PG
        ENTER
