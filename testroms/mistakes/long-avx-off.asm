; AVX that nobody has switched on: CR4.OSXSAVE is clear, or XCR0 has not the upper halves.
; expect: AVX at ... (vxorps ymm0, ymm0, ymm0) while ... set CR4.OSXSAVE, then XCR0 to 7 by XSETBV
; status: 10
; options: --cpu x86-64-v3
; variants: -DOSXSAVE=0x40000
%include "mistake64.inc"
%ifndef OSXSAVE
 %define OSXSAVE 0
%endif
start:
        LONG_MODE
        mov     rax, cr4
        or      eax, 0x600 | OSXSAVE
        mov     cr4, rax
        vxorps  ymm0, ymm0, ymm0
        jmp     $
