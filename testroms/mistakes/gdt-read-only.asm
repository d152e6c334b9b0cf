; The GDT is in a page that is read-only for the kernel, too: the processor wants to set the accessed bit.
; expect: in the descriptor of selector 002 ... and the page of the GDT at 0018002 ... is read-only while CR0.WP (bit 16) is set: map the GDT writable
; status: 10
; variants: -DTSS
%include "mistake.inc"
start:
        LOAD_GDT
        mov     esi, gdt
        mov     edi, 0x180000
        mov     ecx, 64
        cld
        rep     movsd
        MAP_4MB 3
        and     dword [table + 0x180 * 4], ~2
        lgdt    [pointer]
        mov     eax, directory
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 0x80010000
        mov     cr0, eax
%ifdef TSS
        mov     eax, 0x28
        ltr     ax
%else
        mov     eax, 0x18 + 8 + 3
        mov     fs, eax
%endif
        jmp     $
pointer: dw     47
        dd      0x180000
