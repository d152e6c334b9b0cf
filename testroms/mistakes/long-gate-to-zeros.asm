; A gate of IA-32e mode names memory that holds nothing: each ADD [RAX], AL there faults again.
; expect: which is not canonical (bits 63 to 47 have to be equal) ... There is no handler: ... 00180000h, where nothing but zeros is
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        GATE    13, 0x180000
        lidt    [idt_pointer]
        mov     rax, 0x8000000000000000
        mov     [rax], eax
        jmp     $
