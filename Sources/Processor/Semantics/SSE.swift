import X86

/// What the MMX and SSE instructions do: the way to each family. SDM Vol. 2, the pages of their names.
///
/// Not emulated: MONITOR and MWAIT (no model has them), write combining (non-temporal stores are stores).
extension SSEUnit {
    @inline(never)
    func execute() throws(Fault) {
        switch instruction.operation {
        case .movd, .movq, .movups, .movupd, .movss, .movsd, .movlps, .movhlps, .movlpd, .movhps, .movlhps, .movhpd, .movaps,
            .movapd,
            .movntps, .movntpd, .movntq, .movnti, .movntdq, .movntdqa, .movdqa, .movdqu, .lddqu, .movq2dq, .movdq2q, .movddup,
            .movsldup, .movshdup, .movmskps, .movmskpd, .pmovmskb, .maskmovq, .maskmovdqu:
            try move()
        case .pinsrb, .pinsrw, .pinsrd, .pextrb, .pextrw, .pextrd, .extractps, .insertps:
            try insertOrExtract()
        case .emms, .fxsave, .fxrstor, .ldmxcsr, .stmxcsr, .clflush, .lfence, .mfence, .sfence, .monitor, .mwait, .xsave, .xrstor,
            .xsaveopt, .xsavec, .vzeroupper, .vzeroall:
            try control()
        case .sqrtps, .sqrtpd, .sqrtss, .sqrtsd, .addps, .addpd, .addss, .addsd, .mulps, .mulpd, .mulss, .mulsd, .subps, .subpd,
            .subss,
            .subsd, .minps, .minpd, .minss, .minsd, .divps, .divpd, .divss, .divsd, .maxps, .maxpd, .maxss, .maxsd, .haddps,
            .haddpd,
            .hsubps, .hsubpd, .addsubps, .addsubpd, .dpps, .dppd, .rcpps, .rcpss, .rsqrtps, .rsqrtss:
            try needSSE()
            try arithmetic()
        case .cmpps, .cmppd, .cmpss, .cmpsd, .ucomiss, .ucomisd, .comiss, .comisd:
            try needSSE()
            try comparison()
        case .cvtpi2ps, .cvtpi2pd, .cvtsi2ss, .cvtsi2sd, .cvttps2pi, .cvttpd2pi, .cvttss2si, .cvttsd2si, .cvtps2pi, .cvtpd2pi,
            .cvtss2si,
            .cvtsd2si, .cvtps2pd, .cvtpd2ps, .cvtss2sd, .cvtsd2ss, .cvtdq2ps, .cvtps2dq, .cvttps2dq, .cvttpd2dq, .cvtdq2pd,
            .cvtpd2dq,
            .roundps, .roundpd, .roundss, .roundsd, .vcvtph2ps, .vcvtps2ph:
            try needSSE()
            try conversion()
        case .pcmpestrm, .pcmpestri, .pcmpistrm, .pcmpistri:
            try needSSE()
            try stringComparison()
        case .vfmadd, .vfmsub, .vfnmadd, .vfnmsub, .vfmaddsub, .vfmsubadd:
            try needSSE()
            try fusedMultiplyAdd()
        case .vbroadcastss, .vbroadcastsd, .vbroadcastf128, .vinsertf128, .vextractf128, .vperm2f128, .vpermilps, .vpermilpd,
            .vtestps, .vtestpd, .vpbroadcastb, .vpbroadcastw, .vpbroadcastd, .vpbroadcastq, .vbroadcasti128, .vinserti128,
            .vextracti128, .vperm2i128, .vpermd, .vpermps, .vpermq, .vpermpd, .vpsllvd, .vpsllvq, .vpsrlvd, .vpsrlvq, .vpsravd,
            .vpblendd:
            try needSSE()
            try rearrange()
        case .vmaskmovps, .vmaskmovpd, .vpmaskmovd, .vpmaskmovq:
            try needSSE()
            try moveMaskedLanes()
        case .vpgatherdd, .vpgatherdq, .vpgatherqd, .vpgatherqq, .vgatherdps, .vgatherdpd, .vgatherqps, .vgatherqpd:
            try needSSE()
            try gather()
        case .aesenc, .aesenclast, .aesdec, .aesdeclast, .aesimc, .aeskeygenassist, .pclmulqdq:
            try needSSE()
            try encrypt()
        default:
            try integer()
        }
    }
}
