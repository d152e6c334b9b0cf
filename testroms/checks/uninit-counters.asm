; RDTSCP, RDTSC, RDMSR and XGETBV answer in registers that had what nobody wrote: nothing is found.
; check: uninit
; options: --cpu max
%include "mistake.inc"
start:  mov     esi, 0x250000
        mov     eax, [esi]
        mov     ecx, [esi]
        mov     edx, [esi]
        rdtscp
        test    ecx, ecx
        jnz     $
        test    eax, edx
        jz      .one
.one:   mov     eax, [esi]
        mov     edx, [esi]
        rdtsc
        test    eax, edx
        jz      .two
.two:   mov     eax, [esi]
        mov     edx, [esi]
        mov     ecx, 0x10
        rdmsr
        test    eax, edx
        jz      .three
.three: mov     eax, cr4
        or      eax, 1 << 18
        mov     cr4, eax
        mov     eax, [esi]
        mov     edx, [esi]
        xor     ecx, ecx
        xgetbv
        test    eax, eax
        jz      $
        test    edx, edx
        jnz     $
        xor     eax, eax
        out     0xF4, al
