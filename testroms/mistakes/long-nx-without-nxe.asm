; Bit 63 of page-table entries is used while EFER.NXE is clear.
; expect: bit 63 (XD) is reserved while EFER.NXE (bit 11) is clear
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        cli
        lgdt    [gdt_pointer]
        mov     esp, 0x120000
        MAP
        mov     dword [tables + 0x135 * 8 + 4], 0x80000000
        SET_PAE
        mov     eax, pml4
        mov     cr3, eax
        SET_EFER 0x100
        SET_PG
        ENTER
        mov     eax, [abs other]
        jmp     $
