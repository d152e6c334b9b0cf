; Code in a page that is not to be executed.
; expect: Code was fetched from ..., a page that is not to be executed; page table entry
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        mov     dword [abs tables + 0x135 * 8 + 4], 0x80000000
        mov     rax, cr3
        mov     cr3, rax
        mov     byte [abs other], 0xC3
        mov     eax, other
        call    rax
        jmp     $
