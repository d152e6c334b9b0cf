; A delay counts what the timer's handler counts, and interrupts are still off.
; expect: It waits for ... to change, which no interrupt's handler can do now: STI first
; status: 12
; variants: -DDEEP | -DCALL
%include "mistake.inc"
start:
        LOAD_GDT
        REMAP
        GATE    0x20, handler
        lidt    [idt_pointer]
        mov     ebx, 10
%ifdef CALL
again:  call    now
        cmp     eax, ebx
        jb      again
        jmp     $
now:    mov     eax, [ticks]
        ret
%else
again:  cmp     [ticks], ebx
        jb      again
        jmp     $
%endif
handler: inc    dword [ticks]
        push    eax
        mov     al, 0x20
        out     0x20, al
        pop     eax
        iretd
align 4
ticks:  dd      0
