; The TSS lies in the higher half, and the upper part of its base is missing in the descriptor.
; expect: needs a stack from the TSS at ... (TR is 0030h), and that is not mapped: map it, or mend the base in its descriptor, whose bits 63 to 32 are in its second 8 bytes
; status: 10
%define HIGH
%include "mistake64.inc"
start:
        LONG_MODE
        lidt    [idt_pointer]
        GATE    3, handler, 0x08, 0xEE
        mov     byte [gdt_tss + 7], 0x80
        LOAD_TSS
        RING3   user
user:   int3
        jmp     $
handler: iretq
