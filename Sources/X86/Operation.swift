/// An instruction's operation, by the manual's mnemonic. Where one mnemonic names different things (MOV to a control register,
/// near and far CALL) each thing has a case of its own; `Row.mnemonic` keeps the printed name.
@frozen public enum Operation: UInt16, Sendable, CaseIterable {
    // Encodings that are not instructions
    /// Raises #UD when executed.
    case invalidOpcode
    /// More than 15 bytes: raises #GP(0) when executed.
    case tooLong
    /// The bytes ended before the instruction did: the fetch of the next byte faults.
    case truncated

    // Arithmetic
    case add, adc, sub, sbb, cmp, inc, dec, neg, xadd, cmpxchg, cmpxchg8b
    // Logic
    case and, or, xor, not, test
    // ShiftRotate
    case rol, ror, rcl, rcr, shl, shr, sar, shld, shrd
    // MultiplyDivide
    /// `imul` is the one-operand form (rDX:rAX := rAX × r/m); `imulTruncating` the two- and three-operand forms.
    case mul, imul, imulTruncating, div, idiv
    // Decimal
    case daa, das, aaa, aas, aam, aad
    // DataTransfer
    /// `cbw` is CBW, CWDE, CDQE and `cwd` is CWD, CDQ, CQO, by operand size.
    case mov, movzx, movsx, xchg, lea, cbw, cwd, bswap, xlat, cmovcc, nop, pause
    // Stack
    case push, pop, pusha, popa, pushf, popf, enter, leave, pushSegment, popSegment
    // ControlTransfer
    case jmp, jmpIndirect, jmpFar, jmpFarIndirect, jcc, jcxz, loop, loope, loopne
    case call, callIndirect, callFar, callFarIndirect, ret, retFar
    case int, int3, int1, into, iret, bound
    // String
    case movs, cmps, stos, lods, scas, ins, outs
    // FlagControl
    case clc, stc, cmc, cld, std, cli, sti, lahf, sahf, salc
    // PortIO
    case `in`, out
    // Segment
    case movFromSegment, movToSegment, lds, les, lfs, lgs, lss, arpl, lar, lsl, verr, verw
    // System
    case lgdt, sgdt, lidt, sidt, lldt, sldt, ltr, str, lmsw, smsw, clts, hlt, invd, wbinvd, invlpg
    case rdmsr, wrmsr, rdtsc, rdpmc, cpuid, sysenter, sysexit, rsm, ud0, ud1, ud2
    case movFromControl, movToControl, movFromDebug, movToDebug
    case rdtscp, invpcid, clac, stac, rdfsbase, rdgsbase, wrfsbase, wrgsbase, rdpid, xgetbv, xsetbv
    // BitByte
    case bt, bts, btr, btc, bsf, bsr, setcc, popcnt, lzcnt, tzcnt, movbe, crc32
    case andn, bextr, blsi, blsmsk, blsr, bzhi, mulx, pdep, pext, rorx, sarx, shlx, shrx, adcx, adox
    // 64-bit mode
    case movsxd, swapgs, syscall, sysret, cmpxchg16b

    // X87
    /// The WAIT instruction, alias FWAIT.
    case fwait
    case fadd, faddp, fiadd, fsub, fsubp, fisub, fsubr, fsubrp, fisubr
    case fmul, fmulp, fimul, fdiv, fdivp, fidiv, fdivr, fdivrp, fidivr
    case fcom, fcomp, fcompp, ficom, ficomp, fucom, fucomp, fucompp, fcomi, fcomip, fucomi, fucomip, ftst, fxam
    case fld, fild, fbld, fst, fstp, fist, fistp, fisttp, fbstp, fxch
    case fcmovb, fcmove, fcmovbe, fcmovu, fcmovnb, fcmovne, fcmovnbe, fcmovnu
    case fld1, fldl2t, fldl2e, fldpi, fldlg2, fldln2, fldz
    case fabs, fchs, fsqrt, fscale, fprem, fprem1, frndint, fxtract
    case fsin, fcos, fsincos, fptan, fpatan, f2xm1, fyl2x, fyl2xp1
    case fincstp, fdecstp, ffree, ffreep, fnop, fninit, fnclex
    case fldcw, fnstcw, fnstsw, fldenv, fnstenv, frstor, fnsave

    // MMX
    case movd, movq, emms, punpcklbw, punpcklwd, punpckldq, packsswb, pcmpgtb, pcmpgtw, pcmpgtd, packuswb, punpckhbw
    case punpckhwd, punpckhdq, packssdw, pcmpeqb, pcmpeqw, pcmpeqd, psrlw, psrld, psrlq, paddq, pmullw, psubusb, psubusw
    case pminub, pand, paddusb, paddusw, pmaxub, pandn, pavgb, psraw, psrad, pavgw, pmulhuw, pmulhw, psubsb, psubsw, pminsw
    case por, paddsb, paddsw, pmaxsw, pxor, psllw, pslld, psllq, pmuludq, pmaddwd, psadbw, psubb, psubw, psubd, psubq, paddb
    case paddw, paddd, pshufw, pinsrw, pextrw, pmovmskb, movntq, maskmovq, pshufb, phaddw, phaddd, phaddsw, pmaddubsw, phsubw
    case phsubd, phsubsw, psignb, psignw, psignd, pmulhrsw, pabsb, pabsw, pabsd, palignr

    // SSE and SSE2
    /// `movsd` and `cmpsd` are the scalar ones; the string instructions are `movs` and `cmps`.
    case movups, movupd, movss, movsd, movlps, movhlps, movlpd, movhps, movlhps, movhpd, movaps, movapd, movntps, movntpd
    case movnti, movmskps, movmskpd, sqrtps, sqrtpd, sqrtss, sqrtsd, rsqrtps, rsqrtss, rcpps, rcpss, addps, addpd, addss
    case addsd, mulps, mulpd, mulss, mulsd, subps, subpd, subss, subsd, minps, minpd, minss, minsd, divps, divpd, divss, divsd
    case maxps, maxpd, maxss, maxsd, andps, andpd, andnps, andnpd, orps, orpd, xorps, xorpd, unpcklps, unpcklpd, unpckhps
    case unpckhpd, shufps, shufpd, cmpps, cmppd, cmpss, cmpsd, ucomiss, ucomisd, comiss, comisd, cvtpi2ps, cvtpi2pd, cvtsi2ss
    case cvtsi2sd, cvttps2pi, cvttpd2pi, cvttss2si, cvttsd2si, cvtps2pi, cvtpd2pi, cvtss2si, cvtsd2si, cvtps2pd, cvtpd2ps
    case cvtss2sd, cvtsd2ss, cvtdq2ps, cvtps2dq, cvttps2dq, cvttpd2dq, cvtdq2pd, cvtpd2dq, movdqa, movdqu, movq2dq, movdq2q
    case movntdq, maskmovdqu, pshufd, pshufhw, pshuflw, punpcklqdq, punpckhqdq, psrldq, pslldq, fxsave, fxrstor, ldmxcsr
    case stmxcsr, clflush, lfence, mfence, sfence

    // SSE3, SSSE3, SSE4.1, SSE4.2
    case movddup, movsldup, movshdup, haddpd, haddps, hsubpd, hsubps, addsubpd, addsubps, lddqu, monitor, mwait, pblendvb
    case blendvps, blendvpd, ptest, pmovsxbw, pmovsxbd, pmovsxbq, pmovsxwd, pmovsxwq, pmovsxdq, pmuldq, pcmpeqq, movntdqa
    case packusdw, pmovzxbw, pmovzxbd, pmovzxbq, pmovzxwd, pmovzxwq, pmovzxdq, pminsb, pminsd, pminuw, pminud, pmaxsb, pmaxsd
    case pmaxuw, pmaxud, pmulld, phminposuw, roundps, roundpd, roundss, roundsd, blendps, blendpd, pblendw, pextrb, pextrd
    case extractps, pinsrb, insertps, pinsrd, dpps, dppd, mpsadbw, pcmpgtq, pcmpestrm, pcmpestri, pcmpistrm, pcmpistri

    // AES, PCLMULQDQ, XSAVE
    case aesenc, aesenclast, aesdec, aesdeclast, aesimc, aeskeygenassist, pclmulqdq, xsave, xrstor, xsaveopt, xsavec

    // AVX, AVX2, F16C, FMA. The VEX forms of the operations above are the same operations.
    case vbroadcastss, vbroadcastsd, vbroadcastf128, vinsertf128, vextractf128, vperm2f128, vpermilps, vpermilpd, vtestps, vtestpd
    case vmaskmovps, vmaskmovpd, vzeroupper, vzeroall, vpbroadcastb, vpbroadcastw, vpbroadcastd, vpbroadcastq, vbroadcasti128
    case vinserti128, vextracti128, vperm2i128, vpermd, vpermps, vpermq, vpermpd, vpsllvd, vpsllvq, vpsrlvd, vpsrlvq, vpsravd
    case vpblendd, vpmaskmovd, vpmaskmovq, vpgatherdd, vpgatherdq, vpgatherqd, vpgatherqq, vgatherdps, vgatherdpd, vgatherqps
    case vgatherqpd, vcvtph2ps, vcvtps2ph
    /// Each is six operations of the manual, by precision and by the order of the operands: 132, 213 and 231.
    case vfmadd, vfmsub, vfnmadd, vfnmsub, vfmaddsub, vfmsubadd
}

extension Operation {
    /// MMX and SSE: the operations from `movd` on.
    @inlinable public var isPacked: Bool { rawValue >= Operation.movd.rawValue }
    /// WAIT and the instructions of the x87 FPU.
    @inlinable public var isX87: Bool { rawValue >= Operation.fwait.rawValue && rawValue <= Operation.fnsave.rawValue }
}
