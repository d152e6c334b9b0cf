; A frame for IRETQ made as for IRETD: three words, or words of four bytes.
; expect: IRETQ ... takes RIP, CS, RFLAGS, RSP and SS of 8 bytes each
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        sub     rsp, 20
        mov     dword [rsp], user
        mov     dword [rsp + 4], 0x2B
        mov     dword [rsp + 8], 2
        mov     dword [rsp + 12], user_stack
        mov     dword [rsp + 16], 0x23
        iretq
user:   jmp     $
