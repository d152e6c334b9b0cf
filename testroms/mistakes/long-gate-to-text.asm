; A gate of IA-32e mode names a text.
; expect: The kernel read 00900000h at ... There is no handler: IDT entry 14 names ... where the text "hello kernel wor" is
; status: 10
%include "mistake64.inc"
start:
        LONG_MODE
        GATE    14, message
        lidt    [idt_pointer]
        mov     rax, [0x900000]
        jmp     $
message: db     "hello kernel world", 0
