; An interrupt's handler wants a lock that the code it interrupted has.
; expect: The handler of IRQ 0 waits at ... for the lock at ... goes on only when the handler returns
; status: 12
; variants: -DDEEP | -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        REMAP
        GATE    0x20, handler
        lidt    [idt_pointer]
        sti
again:  call    take
        mov     ecx, 5000
        loop    $
        mov     dword [lock_word], 0
        jmp     again
take:   mov     eax, 1
        xchg    eax, [lock_word]
        test    eax, eax
        jnz     take
        ret
handler: push   eax
        call    take
        mov     dword [lock_word], 0
        mov     al, 0x20
        out     0x20, al
        pop     eax
        iretd
align 4
lock_word: dd   0
