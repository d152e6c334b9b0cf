; MXCSR masks nothing, and 0 / 0 is an invalid operation.
; expect: (divps xmm0, xmm0) raised an SSE exception that MXCSR does not mask: invalid operation (IE). Its handler halted the processor
; status: 12
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    19, handler
        lidt    [idt_pointer]
        mov     eax, cr4
        or      eax, 0x600
        mov     cr4, eax
        ldmxcsr [control]
        xorps   xmm0, xmm0
        divps   xmm0, xmm0
        jmp     $
handler: hlt
control: dd     0
