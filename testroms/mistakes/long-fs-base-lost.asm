; FS is loaded after its base was set: the base is the descriptor's then, 0.
; expect: A null pointer: ... The base of FS is 0: MOV and POP to FS take the descriptor's, so write IA32_FS_BASE
; status: 10
; variants: -DDEEP
%include "mistake64.inc"
start:
        LONG_MODE
        mov     dword [tables], 0
        invlpg  [0]
        WRITE_MSR 0xC0000100, other
        mov     eax, 0x10
        mov     fs, eax
        mov     rax, [fs:0x10]
        jmp     $
