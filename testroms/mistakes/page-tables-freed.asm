; The page directory in use was freed, and is cleared by who gets the memory next.
; expect: at 0013 ... was 001 ... present, until 001 ... (rep stosd) wrote 00000000h there: what it mapped is gone since, or when the TLB has forgotten it
; status: 10
; variants: -DTABLE
%include "mistake.inc"
start:
        LOAD_GDT
        MAP_4MB 3
        PAGING_ON
%ifdef TABLE
        mov     edi, table
%else
        mov     edi, directory
%endif
        mov     ecx, 1024
        xor     eax, eax
        cld
        rep     stosd
        mov     eax, cr3
        mov     cr3, eax
        jmp     $
