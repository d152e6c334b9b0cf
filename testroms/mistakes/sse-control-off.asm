; LDMXCSR has no XMM register among its operands, and is SSE all the same.
; expect: SSE at ... (ldmxcsr ...) while CR4.OSFXSR (bit 9) is clear
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        ldmxcsr [word_of_control]
word_of_control: dd 0x1F80
