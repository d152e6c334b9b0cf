; Interrupts and exceptions in long mode: gates of 16 bytes, and a TSS that has nothing but stacks in it (SDM Vol. 3A, "64-Bit Mode IDT").

TSS_RSP0        equ 4                   ; the stack for what comes out of ring 3
TSS_IST1        equ 36                  ; seven more, for gates that name one: they always begin with it
TSS_IST2        equ 44
TSS_IO_MAP      equ 102

GATE            equ 8E00h               ; present, ring 0, interrupt gate; the lowest three bits name an IST stack

        bits 64
gates_init:
        mov     edi, TSS
        mov     ecx, 104
        xor     eax, eax
        rep     stosb
        mov     word [TSS + TSS_IO_MAP], 104            ; behind the limit: no port is ring 3's
        mov     qword [TSS + TSS_IST1], FAULT_STACK + IST_SIZE
        mov     qword [TSS + TSS_IST2], PROTECTION_STACK + IST_SIZE
        mov     eax, TSS_SELECTOR
        ltr     ax

        mov     edi, GATES
        mov     eax, stubs64
        mov     ecx, VECTORS
.gate:
        mov     edx, GATE
        call    put_gate
        add     eax, STUB_SIZE
        loop    .gate
        mov     edi, GATES + 14 * 16
        mov     eax, page_fault64
        mov     edx, GATE | 1
        call    put_gate
        mov     edi, GATES + 13 * 16
        mov     eax, protection_fault64
        mov     edx, GATE | 2
        call    put_gate
        lidt    [.pointer]
        ret
.pointer:
        dw      VECTORS * 16 - 1
        dq      GATES

put_gate:                               ; RDI = where, moved on; EAX = handler, EDX = kind
        mov     [rdi], ax               ; offset 15-0
        mov     word [rdi + 2], CODE64_SELECTOR
        mov     [rdi + 4], dx
        push    rax
        shr     rax, 16
        mov     [rdi + 6], ax           ; offset 31-16
        shr     rax, 16
        mov     [rdi + 8], rax          ; offset 63-32, and four bytes of 0
        pop     rax
        add     edi, 16
        ret

        align   16
stubs64:        stubs_before dispatch64 ; error code and vector on the stack, each in 8 bytes

; The handlers are the 32-bit ones. They find a frame of the shape they know (demo/interrupts.asm).
FRAME32         equ 24
SAVED           equ 7 * 8
dispatch64:
        cld
        push    rax                     ; R8-R15 are out of the reach of 32-bit code
        push    rcx
        push    rdx
        push    rbx
        push    rbp
        push    rsi
        push    rdi
        mov     eax, DATA_SELECTOR      ; out of ring 3 comes an empty SS, which 32-bit code cannot use
        mov     ss, eax
        sub     rsp, FRAME32
        mov     rax, [rsp + FRAME32 + SAVED]
        mov     ecx, [rsp + FRAME32 + SAVED + 8]
        mov     edx, [rsp + FRAME32 + SAVED + 16]
        mov     [rsp + FRAME_VECTOR - COMPATIBILITY], eax
        mov     [rsp + FRAME_ERROR - COMPATIBILITY], ecx
        mov     [rsp + FRAME_EIP - COMPATIBILITY], edx
        mov     eax, [handlers + rax * 4]
        legacy  rax
        add     rsp, FRAME32
        pop     rdi
        pop     rsi
        pop     rbp
        pop     rbx
        pop     rdx
        pop     rcx
        pop     rax
        add     rsp, 16                 ; vector and error code
        iretq
