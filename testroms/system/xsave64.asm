; cpu: max
; XSAVE in 64-bit code: sixteen YMM registers, the compacted area, pointers of 64 bits, who may write XCR0, and what XRSTOR refuses. SDM Vol. 1,
; chapter 13. (`avx` has the same for 32-bit code, and CR4.OSXSAVE.)
%include "lib/start.inc"
%include "lib/long.inc"

AREA    equ     SCRATCH
OTHER   equ     SCRATCH + 1000h
HEADER  equ     512

%macro both 2                           ; EDX:EAX and the instruction
        mov     eax, %1
        xor     edx, edx
        %2
%endmacro
%macro fill_area 1
        mov     edi, %1
        mov     ecx, 1000h / 8
        mov     rax, 0A5A5A5A5A5A5A5A5h
        rep     stosq
%endmacro
%macro clear_header 1
        mov     edi, %1 + HEADER
        mov     ecx, 8
        xor     eax, eax
        rep     stosq
%endmacro

        section .text
        bits    32
main:   call    make_long_tables
        call    make_long_descriptors
        call    long_mode_on
        mov     eax, cr4
        or      eax, 40000h             ; OSXSAVE
        mov     cr4, eax
        jmp     CODE64:long_start

        bits    64
long_start:
        mov     r12d, RESULTS
        mov     esp, STACK
        xor     eax, eax
        mov     ss, eax
        ; --- XCR0
        xor     ecx, ecx
        check64 "XCR0 without x87", EXPECT(xGP, 0), {both 6, xsetbv}
        check64 "AVX without SSE", EXPECT(xGP, 0), {both 5, xsetbv}
        check64 "a component that is not there", EXPECT(xGP, 0), {both 80000007h, xsetbv}
        check64 "XCR0 above bit 31", EXPECT(xGP, 0), {mov eax, 7}, {mov edx, 1}, {xsetbv}
        mov     ecx, 2
        check64 "XCR2", EXPECT(xGP, 0), {both 7, xsetbv}
        check64 "XGETBV of it", EXPECT(xGP, 0), {xgetbv}
        xor     ecx, ecx
        check64 "ring 3: XSETBV", EXPECT(xGP, 0), {iretq64 USER64, USER, user_xsetbv, USTACK}
        check64 "x87, SSE and AVX", EXPECT(NONE, 0), {both 7, xsetbv}
        check64 "ring 3: XGETBV", EXPECT(41h, 0), {iretq64 USER64, USER, user_xgetbv, USTACK}
        mov     rax, [rax64]
        value64 "is XCR0", eax, 7
        mov     eax, 0Dh
        xor     ecx, ecx
        cpuid
        value64 "CPUID: an area of 832 bytes", ebx, 832
        ; --- sixteen registers
        mov     eax, 0Fh
        movd    xmm0, eax
        vpbroadcastd ymm0, xmm0
%assign before 0
%rep 15
  %assign register before + 1
        vpaddd  ymm%[register], ymm0, ymm%[before]
  %assign before register
%endrep
        fill_area AREA
        clear_header AREA
        fninit
        fld1
fld_at: fldpi
        both    7, {o64 xsave [AREA]}
        mov     eax, [AREA + 160 + 15 * 16]
        value64 "XMM15 is saved", eax, 0F0h
        mov     eax, [AREA + 576 + 15 * 16 + 12]
        value64 "and its upper half", eax, 0F0h
        mov     rax, [AREA + 8]
        lea     rdx, [rel fld_at]
        value64 "the pointer to the instruction", eax, edx
        mov     eax, [AREA + 12]
        value64 "has 64 bits", eax, 0
        mov     eax, [AREA + HEADER]
        value64 "XSTATE_BV", eax, 7
        mov     eax, [AREA + HEADER + 8]
        value64 "XCOMP_BV", eax, 0
        vzeroall
        both    7, {o64 xrstor [AREA]}
        vmovd   eax, xmm15
        value64 "XRSTOR brings XMM15", eax, 0F0h
        vextracti128 xmm1, ymm15, 1
        vmovd   eax, xmm1
        value64 "and its upper half back", eax, 0F0h
        mov     dword [AREA + HEADER], 3        ; AVX as it is at the start
        both    7, {xrstor [AREA]}
        vextracti128 xmm1, ymm15, 1
        vmovd   eax, xmm1
        value64 "without its bit the upper halves are zero", eax, 0
        vmovd   eax, xmm15
        value64 "and the lower are not", eax, 0F0h
        mov     dword [AREA + HEADER], 7
        both    4, {xrstor [AREA]}
        vextracti128 xmm1, ymm15, 1
        vmovd   eax, xmm1
        value64 "a component alone", eax, 0F0h
        ; --- the compacted form
        both    7, {xrstor [AREA]}
        fill_area OTHER
        clear_header OTHER              ; XSAVEC writes the first 16 bytes of it
        both    5, {o64 xsavec [OTHER]}
        mov     eax, [OTHER + HEADER + 8]
        value64 "XSAVEC: XCOMP_BV", eax, 5
        mov     eax, [OTHER + HEADER + 12]
        value64 "its bit 63", eax, 80000000h
        mov     eax, [OTHER + 576 + 3 * 16]
        value64 "AVX is where it always is, for SSE lies before", eax, 3Ch
        mov     eax, [OTHER + 160]
        value64 "SSE is left alone", eax, 0A5A5A5A5h
        vzeroall
        both    7, {o64 xrstor [OTHER]}
        vextracti128 xmm1, ymm3, 1
        vmovd   eax, xmm1
        value64 "XRSTOR of a compacted area", eax, 3Ch
        vmovd   eax, xmm3
        value64 "what it does not hold is as at the start", eax, 0
        ; --- what is refused
        mov     ebx, AREA
        check64 "an area that is not aligned", EXPECT(xGP, 0), {both 7, {xsave [rbx + 32]}}
        mov     dword [AREA + HEADER], 0Fh
        check64 "XSTATE_BV with more than XCR0", EXPECT(xGP, 0), {both 7, {xrstor [rbx]}}
        mov     dword [AREA + HEADER], 7
        mov     dword [AREA + HEADER + 8], 7
        check64 "XCOMP_BV without bit 63", EXPECT(xGP, 0), {both 7, {xrstor [rbx]}}
        mov     dword [AREA + HEADER + 8], 3
        mov     dword [AREA + HEADER + 12], 80000000h
        check64 "XSTATE_BV with more than XCOMP_BV", EXPECT(xGP, 0), {both 7, {xrstor [rbx]}}
        mov     dword [AREA + HEADER + 8], 0
        mov     dword [AREA + HEADER + 12], 0
        mov     dword [AREA + HEADER + 16], 1
        check64 "a reserved byte of the header", EXPECT(xGP, 0), {both 7, {xrstor [rbx]}}
        mov     dword [AREA + HEADER + 16], 0
        mov     dword [AREA + 24], 10000h
        check64 "a reserved bit of MXCSR", EXPECT(xGP, 0), {both 7, {xrstor [rbx]}}
        mov     dword [AREA + 24], 1F80h
        check64 "nothing of it", EXPECT(NONE, 0), {both 7, {xrstor [rbx]}}
        check64 "LOCK XSAVE", EXPECT(xUD, 0), {db 0F0h, 0Fh, 0AEh, 23h}
        mov     rax, cr0
        bts     rax, 3
        mov     cr0, rax
        check64 "CR0.TS: XRSTOR", EXPECT(xNM, 0), {both 7, {xrstor [rbx]}}
        check64 "CR0.TS: VPXOR", EXPECT(xNM, 0), {vpxor ymm8, ymm9, ymm10}
        clts
        both    3, xsetbv
        check64 "AVX that XCR0 has not", EXPECT(xUD, 0), {vpxor ymm8, ymm9, ymm10}
        check64 "BMI needs no XCR0", EXPECT(NONE, 0), {andn r8, r9, r10}
        go_outside

user_xsetbv:
        mov     eax, 7
        xor     edx, edx
        xsetbv
user_xgetbv:
        xgetbv
        int     41h

        bits    32
outside:
        call    leave_long_mode
        compare_notes RESULTS
