; Floating-point workloads for the x87. ECX = units; the answer is a checksum in EAX.

BODIES          equ 4
BODY            equ 7 * 8               ; x y z, vx vy vz, mass

        bits 32
; Bodies that attract each other: multiply, add, divide, square root. Unit: one step of 4 bodies (6 pairs).
x87_nbody:
        mov     [units_left], ecx
        mov     esi, .bodies
        mov     edi, BUFFER
        mov     ecx, BODIES * BODY / 4
        rep     movsd
.unit:
        mov     esi, BUFFER
.first:
        lea     edi, [esi + BODY]
.second:
        fld     qword [esi]
        fsub    qword [edi]
        fld     qword [esi + 8]
        fsub    qword [edi + 8]
        fld     qword [esi + 16]
        fsub    qword [edi + 16]        ; dz dy dx
        fld     st2
        fmul    st0, st0
        fld     st2
        fmul    st0, st0
        faddp
        fld     st1
        fmul    st0, st0
        faddp
        fadd    qword [.softening]      ; d2 dz dy dx
        fld     st0
        fsqrt
        fmulp
        fdivr   qword [.step]           ; step / d3
%assign axis 16
%rep 3
        fld     st1                     ; the pull along one axis, off one body and onto the other
        fmul    st0, st1
        fld     st0
        fmul    qword [edi + 48]
        fsubr   qword [esi + 24 + axis]
        fstp    qword [esi + 24 + axis]
        fmul    qword [esi + 48]
        fadd    qword [edi + 24 + axis]
        fstp    qword [edi + 24 + axis]
        fxch    st1
        fstp    st0
  %assign axis axis - 8
%endrep
        fstp    st0
        add     edi, BODY
        cmp     edi, BUFFER + BODIES * BODY
        jb      .second
        add     esi, BODY
        cmp     esi, BUFFER + (BODIES - 1) * BODY
        jb      .first
        mov     esi, BUFFER
.move:
%assign axis 0
%rep 3
        fld     qword [esi + 24 + axis]
        fmul    qword [.step]
        fadd    qword [esi + axis]
        fstp    qword [esi + axis]
  %assign axis axis + 8
%endrep
        add     esi, BODY
        cmp     esi, BUFFER + BODIES * BODY
        jb      .move
        dec     dword [units_left]
        jnz     .unit
        xor     eax, eax
        mov     ecx, BODIES * BODY / 4
.sum:
        rol     eax, 1
        xor     eax, [BUFFER - 4 + ecx * 4]
        dec     ecx
        jnz     .sum
        ret
        align 8
.bodies:
        dq      0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0
        dq      4.0, 0.5, 0.1, 0.1, 1.5, 0.2, 0.01
        dq      -7.0, 1.0, -0.3, 0.2, -1.1, 0.1, 0.02
        dq      0.5, 9.0, 1.2, -1.0, 0.1, -0.1, 0.005
.step:  dq      0.001
.softening:
        dq      0.01

; The Mandelbrot set on 32 x 32 points, up to 64 turns each. Unit: one picture.
x87_mandelbrot:
        mov     [units_left], ecx
        mov     dword [checksum], 0
.unit:
        mov     dword [row], 0
.next_row:
        mov     dword [column], 0
.next_point:
        fild    dword [row]
        fmul    qword [.scale]
        fadd    qword [.top]
        fild    dword [column]
        fmul    qword [.scale]
        fadd    qword [.left]           ; cx cy
        fldz
        fldz                            ; x y cx cy
        mov     ecx, 64
.turn:
        fld     st0
        fmul    st0, st1                ; xx x y cx cy
        fld     st2
        fmul    st0, st3                ; yy xx x y cx cy
        fld     st1
        fadd    st0, st1
        fcomp   qword [.four]
        fnstsw  ax
        sahf
        ja      .escaped
        fsubp   st1, st0                ; xx-yy x y cx cy
        fadd    st0, st3                ; x' x y cx cy
        fxch    st1
        fmulp   st2, st0                ; x' xy cx cy
        fxch    st1
        fadd    st0, st0
        fadd    st0, st3                ; y' x' cx cy
        fxch    st1
        dec     ecx
        jnz     .turn
        jmp     .point_done
.escaped:
        fstp    st0
        fstp    st0
.point_done:
        fstp    st0
        fstp    st0
        fstp    st0
        fstp    st0
        mov     eax, [checksum]
        rol     eax, 3
        add     eax, ecx
        mov     [checksum], eax
        inc     dword [column]
        cmp     dword [column], 32
        jb      .next_point
        inc     dword [row]
        cmp     dword [row], 32
        jb      .next_row
        dec     dword [units_left]
        jnz     .unit
        ret
        align 8
.scale: dq      0.078125
.top:   dq      -1.25
.left:  dq      -2.0
.four:  dq      4.0

; Sine, cosine, arc tangent, logarithm, power. Unit: 100 rounds. Emulators differ in the last bits of these, so the
; checksum keeps three decimals only.
x87_transcendental:
        mov     [units_left], ecx
        fldz                            ; the sum
        fld     qword [.start]          ; x
.unit:
        mov     ecx, 100
.round:
        fld     st0
        fsin
        faddp   st2, st0
        fld     st0
        fcos
        faddp   st2, st0
        fld1
        fld     st1
        fpatan                          ; arctan(1 / x)
        faddp   st2, st0
        fld1
        fld     st1
        fyl2x                           ; log2 x
        fld     st0
        frndint
        fsub    st1, st0
        fxch    st1
        f2xm1
        fld1
        faddp
        fscale                          ; x again, by 2 ^ log2 x
        fstp    st1
        faddp   st2, st0
        fadd    qword [.increment]
        fld     st0
        fcomp   qword [.end]
        fnstsw  ax
        sahf
        jb      .inside
        fsub    qword [.span]
.inside:
        dec     ecx
        jnz     .round
        dec     dword [units_left]
        jnz     .unit
        fstp    st0
        fmul    qword [.thousand]
        frndint
        fistp   qword [result]
        mov     eax, [result]
        xor     eax, [result + 4]
        ret
        align 8
.start: dq      0.5
.increment:
        dq      0.001953125
.end:   dq      8.0
.span:  dq      7.5
.thousand:
        dq      1000.0

; Functions that use the FPU, called by computed address from code that does not. Unit: 1000 calls.
x87_calls:
        mov     dword [BUFFER], 0
        mov     dword [BUFFER + 4], 0
        mov     ebx, 1
.unit:
        mov     esi, 1000
.call:
        imul    ebx, ebx, 1664525
        add     ebx, 1013904223
        mov     eax, ebx
        shr     eax, 30
        call    [.functions + eax * 4]
        dec     esi
        jnz     .call
        dec     ecx
        jnz     .unit
        mov     eax, [BUFFER]
        xor     eax, [BUFFER + 4]
        ret
        align   4
.functions:
        dd      .add, .halve, .root, .difference
.add:
        fld1
        fadd    qword [BUFFER]
        fstp    qword [BUFFER]
        ret
.halve:
        fld     qword [BUFFER]
        fmul    qword [.half]
        fstp    qword [BUFFER]
        ret
.root:
        fld     qword [BUFFER]
        fsqrt
        fstp    qword [BUFFER]
        ret
.difference:
        fld     qword [BUFFER]
        fsubr   qword [.ten]
        fabs
        fstp    qword [BUFFER]
        ret
        align   8
.half:  dq      0.5
.ten:   dq      10.0
