; A lock is taken with interrupts off by code that has it already.
; expect: waits for the lock at ... with interrupts off (IF = 0), and nothing else runs that could release it
; status: 12
; variants: -DCALL | -DCOMPARE -DDEEP | -DBITS
%include "mistake.inc"
start:
        LOAD_GDT
        call    take
        call    take
        jmp     $
%ifdef CALL
take:   call    try
        test    eax, eax
        jnz     take
        ret
try:    push    ebp
        mov     ebp, esp
        mov     eax, 1
        xchg    eax, [lock_word]
        leave
        ret
%elifdef COMPARE
take:   xor     eax, eax
        mov     edx, 1
        lock cmpxchg [lock_word], edx
        jne     take
        ret
%elifdef BITS
take:   lock bts dword [lock_word], 0
        pause
        jc      take
        ret
%else
take:   mov     eax, 1
        xchg    eax, [lock_word]
        test    eax, eax
        jnz     take
        ret
%endif
align 4
lock_word: dd   0
