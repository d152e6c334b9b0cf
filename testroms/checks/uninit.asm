; Memory that nobody wrote goes through registers, stores, string copies and the stack, and is used then: for a branch, as an address, at a port.
; check: uninit
; expect: a branch depends on memory ... by: j ... it comes from 00250000h, read at 0008: | an address is made of memory ... it comes from 00250010h | a port gets memory ... by: out dx ... it comes from 00250020h | a branch depends ... by: ret ... it comes from 00250034h | a branch depends ... by: rep movsb ... it comes from 00250040h | a branch depends ... by: j ... it comes from 00250050h
%include "mistake.inc"
start:  LOAD_GDT
        mov     eax, [0x250000]
        mov     [0x260000], eax
        mov     esi, 0x260000
        mov     edi, 0x260100
        mov     ecx, 4
        cld
        rep     movsb
        push    dword [0x260100]
        pop     ebx
        add     ebx, 1
        cmp     ebx, 5
        je      .on
.on:    mov     eax, [0x250010]
        and     eax, 0xFF
        mov     ebx, [0x100000 + eax]
        mov     al, [0x250020]
        mov     dx, 0x80
        out     dx, al
        mov     eax, [0x250030]
        mov     dword [0x250030], .after
        push    eax
        mov     eax, [0x250030]
        xor     eax, eax
        mov     esp, stack_top
        mov     eax, [0x250034]                                 ; a return address that is not there
        mov     ebx, stack_top - 4
        mov     [ebx], eax
        xor     eax, eax
        mov     esp, ebx
        push    .after
        add     esp, 4
        mov     byte [0], 0xE9                                  ; jmp .after
        mov     dword [1], .after - 5
        ret
.after: mov     esp, stack_top
        mov     ecx, [0x250040]
        mov     esi, 0x260000
        mov     edi, 0x260100
        rep     movsb
        movzx   eax, word [0x250050]
        shl     eax, 8
        bswap   eax
        test    eax, eax
        ja      .end
.end:   xor     eax, eax
        out     0xF4, al
