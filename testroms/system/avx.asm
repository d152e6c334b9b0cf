; cpu: x86-64-v3
; XSAVE and AVX as a kernel meets them: CR4.OSXSAVE, XCR0, the area of XSAVE, #UD and #NM of instructions with a VEX prefix, and LES and LDS beside
; it. SDM Vol. 1, sections 13.1 to 13.8 and 14.3; Vol. 3A, section 13.
%include "lib/start.inc"

AREA    equ     110000h
EXAMPLE equ     112000h

%macro fault 3                          ; text, instruction, vector
        probe   %1
        code
.f:     %2
        endcode
        want    %3, 0
%endmacro
%macro xsetbv_fault 2                   ; text, XCR0
        probe   %1
        set     ecx, 0
        set     edx, 0
        set     eax, %2
        code
.f:     xsetbv
        endcode
        want    xGP, 0
%endmacro
%macro area_fault 2                     ; text, address
        probe   %1
        set     ebx, %2
        set     eax, 7
        set     edx, 0
        code
.f:     xrstor  [ebx]
        endcode
        want    xGP, 0
%endmacro

        section .text
        bits    32
main:
        mov     eax, 0Dh
        xor     ecx, ecx
        cpuid
        mov     [EXAMPLE], ebx
        mov     [EXAMPLE + 4], ecx
        is      "CPUID leaf 0Dh: x87, SSE and AVX", eax, 7
        is      "the area of all of them", dword [EXAMPLE + 4], 832
        is      "and of what is enabled", dword [EXAMPLE], 576
        mov     eax, 1
        cpuid
        and     ecx, 1 << 27
        is      "CPUID: OSXSAVE is clear", ecx, 0

        ; --- without CR4.OSXSAVE
        fault   "XGETBV without CR4.OSXSAVE", {xgetbv}, xUD
        fault   "XSETBV without CR4.OSXSAVE", {xsetbv}, xUD
        fault   "XSAVE without CR4.OSXSAVE", {xsave [AREA]}, xUD
        fault   "VADDPS without CR4.OSXSAVE", {vaddps ymm0, ymm1, ymm2}, xUD
        mov     ebx, 0F0h
        mov     ecx, 0FFh
        andn    eax, ebx, ecx
        is      "ANDN does not ask for it", eax, 0Fh
        mov     eax, cr4
        or      eax, 40600h
        mov     cr4, eax
        mov     eax, 1
        cpuid
        and     ecx, 1 << 27
        is      "CPUID: OSXSAVE is set", ecx, 1 << 27

        ; --- XCR0
        xor     ecx, ecx
        xgetbv
        is      "XCR0 after reset", eax, 1
        fault   "VADDPS without AVX in XCR0", {vaddps ymm0, ymm1, ymm2}, xUD
        xsetbv_fault "XCR0: x87 cannot be switched off", 6
        xsetbv_fault "XCR0: AVX needs SSE", 5
        xsetbv_fault "XCR0: a reserved bit", 0Fh
        probe   "XCR0: there is no XCR1"
        set     ecx, 1
        set     edx, 0
        set     eax, 7
        code
.f:     xsetbv
        endcode
        want    xGP, 0
        probe   "XSETBV in ring 3"
        ring    3
        set     ecx, 0
        set     edx, 0
        set     eax, 7
        code
.f:     xsetbv
        endcode
        want    xGP, 0
        xor     ecx, ecx
        xor     edx, edx
        mov     eax, 7
        xsetbv
        mov     eax, 0Dh
        xor     ecx, ecx
        cpuid
        is      "CPUID leaf 0Dh follows XCR0", ebx, 832

        ; --- the upper halves
        mov     eax, 3F800000h          ; 1.0
        vmovd   xmm1, eax
        vbroadcastss ymm1, xmm1
        vaddps  ymm0, ymm1, ymm1
        vextractf128 xmm2, ymm0, 1
        vmovd   eax, xmm2
        is      "VADDPS adds in the upper half", eax, 40000000h
        addps   xmm0, xmm1
        vextractf128 xmm2, ymm0, 1
        vmovd   eax, xmm2
        is      "ADDPS leaves the upper half alone", eax, 40000000h
        vaddps  xmm0, xmm1, xmm1
        vextractf128 xmm2, ymm0, 1
        vmovd   eax, xmm2
        is      "VADDPS of XMM registers clears it", eax, 0

        ; --- XSAVE and XRSTOR
        mov     edi, AREA
        mov     ecx, 1024 / 4
        xor     eax, eax
        rep stosd
        mov     eax, 7
        xor     edx, edx
        xsave   [AREA]
        mov     eax, [AREA + 512]
        and     eax, 6
        is      "XSAVE: SSE and AVX are in use", eax, 6
        is      "and the upper half of YMM1 is there", dword [AREA + 576 + 16], 3F800000h
        vzeroall
        mov     eax, 7
        xor     edx, edx
        xrstor  [AREA]
        vextractf128 xmm2, ymm1, 1
        vmovd   eax, xmm2
        is      "XRSTOR brings it back", eax, 3F800000h
        mov     dword [AREA + 512], 0
        mov     eax, 4
        xor     edx, edx
        xrstor  [AREA]
        vextractf128 xmm2, ymm1, 1
        vmovd   eax, xmm2
        is      "or makes it zero where there is none", eax, 0
        area_fault "an area of 16 bytes' alignment", AREA + 16
        mov     dword [AREA + 512], 8
        area_fault "a component that XCR0 has not", AREA
        mov     dword [AREA + 512], 0
        mov     dword [AREA + 528], 1
        area_fault "a reserved byte of the header", AREA
        mov     dword [AREA + 528], 0
        mov     dword [AREA + 24], 10000h
        area_fault "a reserved bit of MXCSR", AREA
        mov     dword [AREA + 24], 1F80h

        ; --- CR0.TS
        mov     eax, cr0
        or      eax, 8
        mov     cr0, eax
        fault   "VADDPS with CR0.TS", {vaddps ymm0, ymm1, ymm2}, xNM
        fault   "VZEROUPPER with CR0.TS", {vzeroupper}, xNM
        fault   "XSAVE with CR0.TS", {xsave [AREA]}, xNM
        clts

        ; --- encodings
        fault   "LOCK before a VEX prefix", {db 0F0h, 0C5h, 0F4h, 58h, 0C2h}, xUD
        fault   "66 before a VEX prefix", {db 66h, 0C5h, 0F4h, 58h, 0C2h}, xUD
        fault   "VEX.vvvv that names nothing", {db 0C5h, 0F4h, 51h, 0C2h}, xUD
        fault   "a map that does not exist", {db 0C4h, 0E4h, 75h, 58h, 0C2h}, xUD
        probe   "LES with an operand in memory"
        set     ebx, EXAMPLE
        mov     dword [EXAMPLE], 12345678h
        mov     word [EXAMPLE + 4], DATA0
        code
        les     eax, [ebx]
        endcode
        set     eax, 12345678h
        set     es, DATA0
        want_done
        probe   "VADDPS in virtual-8086 mode"
        virtual 3
        code    16
.f:     vaddps  xmm0, xmm1, xmm2
        endcode
        want    xUD, 0
        jmp     finish
