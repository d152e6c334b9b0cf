import X86

/// The meanings of instructions. One function an instruction, in the file of its family.
enum Semantics {
    /// Reads the definition of `r.instruction` at operand width `W`.
    ///
    /// The one way from an operation to its meaning, and without `default`: an operation that has none does not compile. First come those
    /// that primitives can say, then those that are methods of the processor, which every reading calls out for.
    @inline(__always)
    static func perform<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        switch r.instruction.operation {
        case .add: try add(r, w)
        case .adc: try adc(r, w)
        case .sub: try sub(r, w)
        case .sbb: try sbb(r, w)
        case .cmp: try cmp(r, w)
        case .inc: try inc(r, w)
        case .dec: try dec(r, w)
        case .neg: try neg(r, w)
        case .xadd: try xadd(r, w)
        case .and: try and(r, w)
        case .or: try or(r, w)
        case .xor: try xor(r, w)
        case .not: try not(r, w)
        case .test: try test(r, w)
        case .rol: try shift(r, .rol, w)
        case .ror: try shift(r, .ror, w)
        case .rcl: try shift(r, .rcl, w)
        case .rcr: try shift(r, .rcr, w)
        case .shl: try shift(r, .shl, w)
        case .shr: try shift(r, .shr, w)
        case .sar: try shift(r, .sar, w)
        case .shld: try shiftDouble(r, .shl, w)
        case .shrd: try shiftDouble(r, .shr, w)
        case .mul: try mul(r, w)
        case .imul: try imul(r, w)
        case .imulTruncating: try imulTruncating(r, w)
        case .div: try divide(r, signed: false, w)
        case .idiv: try divide(r, signed: true, w)
        case .mov: try mov(r, w)
        case .movzx: try movzx(r, w)
        case .movsx: try movsx(r, w)
        case .movsxd: try movsxd(r, w)
        case .xchg: try xchg(r, w)
        case .lea: try lea(r, w)
        case .cbw: cbw(r, w)
        case .cwd: cwd(r, w)
        case .bswap: bswap(r, w)
        case .xlat: try xlat(r)
        case .cmovcc: try cmovcc(r, w)
        case .setcc: try setcc(r)
        case .nop: break
        case .pause: r.pause()
        case .push: try push(r, w)
        case .pop: try pop(r, w)
        case .leave: try leave(r, w)
        case .pushSegment: try pushSegment(r, w)
        case .bt: try bitTest(r, .test, w)
        case .bts: try bitTest(r, .set, w)
        case .btr: try bitTest(r, .reset, w)
        case .btc: try bitTest(r, .complement, w)
        case .movs, .stos, .lods, .scas, .cmps: try string(r, w)
        case .jmp, .jmpIndirect: try jmp(r, w)
        case .jcc: try jcc(r, w)
        case .call, .callIndirect: try call(r, w)
        case .jcxz, .loop, .loope, .loopne: try loop(r, w)
        case .ret: try ret(r, w)
        case .clc: r.setFlag(.CF, false)
        case .stc: r.setFlag(.CF, true)
        case .cmc: r.complementCarry()
        case .cld: r.setFlag(.DF, false)
        case .std: r.setFlag(.DF, true)
        case .lahf: lahf(r)
        case .sahf: sahf(r)

        // Methods of the processor
        case .invalidOpcode, .ud0, .ud1, .ud2, .rsm: try r.callOut { _, _ throws(Fault) in throw Fault.UD }
        case .tooLong, .truncated: try r.callOut { _, _ throws(Fault) in throw Fault.GP(0) }
        case .cmpxchg: try r.callOut { cpu, r throws(Fault) in try cpu.cmpxchg(r, w) }
        case .cmpxchg8b: try r.callOut { cpu, r throws(Fault) in try cpu.cmpxchg8b(r) }
        case .cmpxchg16b: try r.callOut { cpu, r throws(Fault) in try cpu.cmpxchg16b(r) }
        case .daa: try r.callOut { cpu, _ in cpu.decimalAdjust(afterSubtraction: false) }
        case .das: try r.callOut { cpu, _ in cpu.decimalAdjust(afterSubtraction: true) }
        case .aaa: try r.callOut { cpu, _ in cpu.asciiAdjust(afterSubtraction: false) }
        case .aas: try r.callOut { cpu, _ in cpu.asciiAdjust(afterSubtraction: true) }
        case .aam: try r.callOut { cpu, r throws(Fault) in try cpu.aam(UInt8(truncatingIfNeeded: r.instruction.immediate)) }
        case .aad: try r.callOut { cpu, r in cpu.aad(UInt8(truncatingIfNeeded: r.instruction.immediate)) }
        case .salc: try r.callOut { cpu, _ in cpu.salc() }
        case .bsf: try r.callOut { cpu, r throws(Fault) in try cpu.bitScan(r, reverse: false, w) }
        case .bsr: try r.callOut { cpu, r throws(Fault) in try cpu.bitScan(r, reverse: true, w) }
        case .lzcnt: try r.callOut { cpu, r throws(Fault) in try cpu.countZeros(r, leading: true, w) }
        case .tzcnt: try r.callOut { cpu, r throws(Fault) in try cpu.countZeros(r, leading: false, w) }
        case .popcnt: try r.callOut { cpu, r throws(Fault) in try cpu.popcnt(r, w) }
        case .movbe: try r.callOut { cpu, r throws(Fault) in try cpu.movbe(r, w) }
        case .crc32: try r.callOut { cpu, r throws(Fault) in try cpu.crc32(r, w) }
        case .andn, .bextr, .blsi, .blsmsk, .blsr, .bzhi, .mulx, .pdep, .pext, .rorx, .sarx, .shlx, .shrx, .adcx, .adox:
            try r.callOut { cpu, r throws(Fault) in try cpu.manipulateBits(r, w) }
        case .pusha: try r.callOut { cpu, _ throws(Fault) in try cpu.pusha(w) }
        case .popa: try r.callOut { cpu, _ throws(Fault) in try cpu.popa(w) }
        case .enter: try r.callOut { cpu, r throws(Fault) in try cpu.enter(r, w) }
        case .popSegment: try r.callOut { cpu, r throws(Fault) in try cpu.popSegment(r, w) }
        case .pushf: try r.callOut { cpu, r throws(Fault) in try cpu.pushf(r, w) }
        case .popf: try r.callOut { cpu, r throws(Fault) in try cpu.popf(r, w) }
        case .ins, .outs: try r.callOut { cpu, r throws(Fault) in try cpu.repeated(r, w) }
        case .in: try r.callOut { cpu, r throws(Fault) in try cpu.portIn(r, w) }
        case .out: try r.callOut { cpu, r throws(Fault) in try cpu.portOut(r, w) }
        case .cli: try r.callOut { cpu, _ throws(Fault) in try cpu.setInterruptFlag(false) }
        case .sti: try r.callOut { cpu, _ throws(Fault) in try cpu.setInterruptFlag(true) }
        case .jmpFar:
            try r.callOut { cpu, r throws(Fault) in try cpu.jmpFar(r.instruction.immediate2, W.truncate(r.instruction.immediate), w)
            }
        case .callFar:
            try r.callOut { cpu, r throws(Fault) in
                try cpu.callFar(r.instruction.immediate2, W.truncate(r.instruction.immediate), w)
            }
        case .jmpFarIndirect: try r.callOut { cpu, r throws(Fault) in try cpu.jmpFarIndirect(r, w) }
        case .callFarIndirect: try r.callOut { cpu, r throws(Fault) in try cpu.callFarIndirect(r, w) }
        case .retFar: try r.callOut { cpu, r throws(Fault) in try cpu.retFar(r, w) }
        case .iret: try r.callOut { cpu, _ throws(Fault) in try cpu.iret(w) }
        case .int: try r.callOut { cpu, r throws(Fault) in try cpu.int(UInt8(truncatingIfNeeded: r.instruction.immediate)) }
        case .int3: try r.callOut { cpu, _ throws(Fault) in try cpu.softwareInterrupt(3) }
        case .int1: try r.callOut { cpu, _ throws(Fault) in try cpu.softwareInterrupt(1, .trap) }
        case .into: try r.callOut { cpu, _ throws(Fault) in try cpu.into() }
        case .bound: try r.callOut { cpu, r throws(Fault) in try cpu.bound(r, w) }
        case .movToSegment: try r.callOut { cpu, r throws(Fault) in try cpu.movToSegment(r) }
        case .movFromSegment: try r.callOut { cpu, r throws(Fault) in try cpu.movFromSegment(r) }
        case .lds: try r.callOut { cpu, r throws(Fault) in try cpu.loadFarPointer(r, .ds, w) }
        case .les: try r.callOut { cpu, r throws(Fault) in try cpu.loadFarPointer(r, .es, w) }
        case .lfs: try r.callOut { cpu, r throws(Fault) in try cpu.loadFarPointer(r, .fs, w) }
        case .lgs: try r.callOut { cpu, r throws(Fault) in try cpu.loadFarPointer(r, .gs, w) }
        case .lss: try r.callOut { cpu, r throws(Fault) in try cpu.loadFarPointer(r, .ss, w) }
        case .arpl: try r.callOut { cpu, r throws(Fault) in try cpu.arpl(r) }
        case .lar: try r.callOut { cpu, r throws(Fault) in try cpu.loadAccessRightsOrLimit(r, isLimit: false, w) }
        case .lsl: try r.callOut { cpu, r throws(Fault) in try cpu.loadAccessRightsOrLimit(r, isLimit: true, w) }
        case .verr: try r.callOut { cpu, r throws(Fault) in try cpu.verify(r, forWrite: false) }
        case .verw: try r.callOut { cpu, r throws(Fault) in try cpu.verify(r, forWrite: true) }

        // System instructions
        case .lgdt: try r.callOut { cpu, r throws(Fault) in try cpu.lgdt(r, w) }
        case .lidt: try r.callOut { cpu, r throws(Fault) in try cpu.lidt(r, w) }
        case .sgdt: try r.callOut { cpu, r throws(Fault) in try cpu.sgdt(r, w) }
        case .sidt: try r.callOut { cpu, r throws(Fault) in try cpu.sidt(r, w) }
        case .sldt: try r.callOut { cpu, r throws(Fault) in try cpu.sldt(r) }
        case .str: try r.callOut { cpu, r throws(Fault) in try cpu.str(r) }
        case .smsw: try r.callOut { cpu, r throws(Fault) in try cpu.smsw(r, w) }
        case .lldt: try r.callOut { cpu, r throws(Fault) in try cpu.lldt(r) }
        case .ltr: try r.callOut { cpu, r throws(Fault) in try cpu.ltr(r) }
        case .lmsw: try r.callOut { cpu, r throws(Fault) in try cpu.lmsw(r) }
        case .clts: try r.callOut { cpu, _ throws(Fault) in try cpu.clts() }
        case .hlt: try r.callOut { cpu, _ throws(Fault) in try cpu.hlt() }
        case .invd, .wbinvd: try r.callOut { cpu, _ throws(Fault) in try cpu.needSupervisor() }
        case .invlpg: try r.callOut { cpu, r throws(Fault) in try cpu.invlpg(r) }
        case .invpcid: try r.callOut { cpu, r throws(Fault) in try cpu.invpcid(r) }
        case .movFromControl: try r.callOut { cpu, r throws(Fault) in try cpu.movFromControl(r.instruction) }
        case .movToControl: try r.callOut { cpu, r throws(Fault) in try cpu.movToControl(r.instruction) }
        case .movFromDebug: try r.callOut { cpu, r throws(Fault) in try cpu.movFromDebug(r.instruction) }
        case .movToDebug: try r.callOut { cpu, r throws(Fault) in try cpu.movToDebug(r.instruction) }
        case .clac: try r.callOut { cpu, _ throws(Fault) in try cpu.setAlignmentCheck(false) }
        case .stac: try r.callOut { cpu, _ throws(Fault) in try cpu.setAlignmentCheck(true) }
        case .cpuid: try r.callOut { cpu, _ in cpu.cpuid() }
        case .rdtsc: try r.callOut { cpu, r throws(Fault) in try cpu.rdtsc(r) }
        case .rdtscp: try r.callOut { cpu, r throws(Fault) in try cpu.rdtscp(r) }
        case .rdpid: try r.callOut { cpu, r in cpu.rdpid(r) }
        case .rdpmc: try r.callOut { cpu, _ throws(Fault) in try cpu.rdpmc() }
        case .rdmsr: try r.callOut { cpu, r throws(Fault) in try cpu.rdmsr(r) }
        case .wrmsr: try r.callOut { cpu, r throws(Fault) in try cpu.wrmsr(r) }
        case .xgetbv: try r.callOut { cpu, _ throws(Fault) in try cpu.xgetbv() }
        case .xsetbv: try r.callOut { cpu, _ throws(Fault) in try cpu.xsetbv() }
        case .sysenter: try r.callOut { cpu, _ throws(Fault) in try cpu.sysenter() }
        case .sysexit: try r.callOut { cpu, r throws(Fault) in try cpu.sysexit(r) }
        case .syscall: try r.callOut { cpu, _ throws(Fault) in try cpu.syscall() }
        case .sysret: try r.callOut { cpu, r throws(Fault) in try cpu.sysret(r) }
        case .swapgs: try r.callOut { cpu, _ throws(Fault) in try cpu.swapgs() }
        case .rdfsbase, .rdgsbase, .wrfsbase, .wrgsbase:
            try r.callOut { cpu, r throws(Fault) in try cpu.moveSegmentBase(r.instruction) }

        // x87, MMX, SSE and AVX: by their units
        case .fwait, .fadd, .faddp, .fiadd, .fsub, .fsubp, .fisub, .fsubr, .fsubrp, .fisubr, .fmul, .fmulp, .fimul, .fdiv,
            .fdivp, .fidiv, .fdivr, .fdivrp, .fidivr, .fcom, .fcomp, .fcompp, .ficom, .ficomp, .fucom, .fucomp, .fucompp,
            .fcomi, .fcomip, .fucomi, .fucomip, .ftst, .fxam, .fld, .fild, .fbld, .fst, .fstp, .fist, .fistp, .fisttp, .fbstp,
            .fxch, .fcmovb, .fcmove, .fcmovbe, .fcmovu, .fcmovnb, .fcmovne, .fcmovnbe, .fcmovnu, .fld1, .fldl2t, .fldl2e,
            .fldpi, .fldlg2, .fldln2, .fldz, .fabs, .fchs, .fsqrt, .fscale, .fprem, .fprem1, .frndint, .fxtract, .fsin, .fcos,
            .fsincos, .fptan, .fpatan, .f2xm1, .fyl2x, .fyl2xp1, .fincstp, .fdecstp, .ffree, .ffreep, .fnop, .fninit, .fnclex,
            .fldcw, .fnstcw, .fnstsw, .fldenv, .fnstenv, .frstor, .fnsave:
            try r.callOut { _, r throws(Fault) in try r.core.executeX87(r.op) }
        case .movd, .movq, .movups, .movupd, .movss, .movsd, .movlps, .movhlps, .movlpd, .movhps, .movlhps, .movhpd, .movaps,
            .movapd, .movntps, .movntpd, .movntq, .movnti, .movntdq, .movntdqa, .movdqa, .movdqu, .lddqu, .movq2dq, .movdq2q,
            .movddup, .movsldup, .movshdup, .movmskps, .movmskpd, .pmovmskb, .maskmovq, .maskmovdqu:
            try r.packed { unit throws(Fault) in try unit.move() }
        case .pinsrb, .pinsrw, .pinsrd, .pextrb, .pextrw, .pextrd, .extractps, .insertps:
            try r.packed { unit throws(Fault) in try unit.insertOrExtract() }
        case .emms, .fxsave, .fxrstor, .ldmxcsr, .stmxcsr, .clflush, .lfence, .mfence, .sfence, .monitor, .mwait, .xsave,
            .xrstor, .xsaveopt, .xsavec, .vzeroupper, .vzeroall:
            try r.packed { unit throws(Fault) in try unit.control() }
        case .sqrtps, .sqrtpd, .sqrtss, .sqrtsd, .addps, .addpd, .addss, .addsd, .mulps, .mulpd, .mulss, .mulsd, .subps, .subpd,
            .subss, .subsd, .minps, .minpd, .minss, .minsd, .divps, .divpd, .divss, .divsd, .maxps, .maxpd, .maxss, .maxsd,
            .haddps, .haddpd, .hsubps, .hsubpd, .addsubps, .addsubpd, .dpps, .dppd, .rcpps, .rcpss, .rsqrtps, .rsqrtss:
            try r.packed { unit throws(Fault) in try unit.arithmetic() }
        case .cmpps, .cmppd, .cmpss, .cmpsd, .ucomiss, .ucomisd, .comiss, .comisd:
            try r.packed { unit throws(Fault) in try unit.comparison() }
        case .cvtpi2ps, .cvtpi2pd, .cvtsi2ss, .cvtsi2sd, .cvttps2pi, .cvttpd2pi, .cvttss2si, .cvttsd2si, .cvtps2pi, .cvtpd2pi,
            .cvtss2si, .cvtsd2si, .cvtps2pd, .cvtpd2ps, .cvtss2sd, .cvtsd2ss, .cvtdq2ps, .cvtps2dq, .cvttps2dq, .cvttpd2dq,
            .cvtdq2pd, .cvtpd2dq, .roundps, .roundpd, .roundss, .roundsd, .vcvtph2ps, .vcvtps2ph:
            try r.packed { unit throws(Fault) in try unit.conversion() }
        case .pcmpestrm, .pcmpestri, .pcmpistrm, .pcmpistri:
            try r.packed { unit throws(Fault) in try unit.stringComparison() }
        case .vfmadd, .vfmsub, .vfnmadd, .vfnmsub, .vfmaddsub, .vfmsubadd:
            try r.packed { unit throws(Fault) in try unit.fusedMultiplyAdd() }
        case .vbroadcastss, .vbroadcastsd, .vbroadcastf128, .vinsertf128, .vextractf128, .vperm2f128, .vpermilps, .vpermilpd,
            .vtestps, .vtestpd, .vpbroadcastb, .vpbroadcastw, .vpbroadcastd, .vpbroadcastq, .vbroadcasti128, .vinserti128,
            .vextracti128, .vperm2i128, .vpermd, .vpermps, .vpermq, .vpermpd, .vpsllvd, .vpsllvq, .vpsrlvd, .vpsrlvq, .vpsravd,
            .vpblendd:
            try r.packed { unit throws(Fault) in try unit.rearrange() }
        case .vmaskmovps, .vmaskmovpd, .vpmaskmovd, .vpmaskmovq:
            try r.packed { unit throws(Fault) in try unit.moveMaskedLanes() }
        case .vpgatherdd, .vpgatherdq, .vpgatherqd, .vpgatherqq, .vgatherdps, .vgatherdpd, .vgatherqps, .vgatherqpd:
            try r.packed { unit throws(Fault) in try unit.gather() }
        case .aesenc, .aesenclast, .aesdec, .aesdeclast, .aesimc, .aeskeygenassist, .pclmulqdq:
            try r.packed { unit throws(Fault) in try unit.encrypt() }
        case .punpcklbw, .punpcklwd, .punpckldq, .packsswb, .pcmpgtb, .pcmpgtw, .pcmpgtd, .packuswb, .punpckhbw, .punpckhwd,
            .punpckhdq, .packssdw, .pcmpeqb, .pcmpeqw, .pcmpeqd, .psrlw, .psrld, .psrlq, .paddq, .pmullw, .psubusb, .psubusw,
            .pminub, .pand, .paddusb, .paddusw, .pmaxub, .pandn, .pavgb, .psraw, .psrad, .pavgw, .pmulhuw, .pmulhw, .psubsb,
            .psubsw, .pminsw, .por, .paddsb, .paddsw, .pmaxsw, .pxor, .psllw, .pslld, .psllq, .pmuludq, .pmaddwd, .psadbw,
            .psubb, .psubw, .psubd, .psubq, .paddb, .paddw, .paddd, .pshufw, .pshufb, .phaddw, .phaddd, .phaddsw, .pmaddubsw,
            .phsubw, .phsubd, .phsubsw, .psignb, .psignw, .psignd, .pmulhrsw, .pabsb, .pabsw, .pabsd, .palignr, .andps, .andpd,
            .andnps, .andnpd, .orps, .orpd, .xorps, .xorpd, .unpcklps, .unpcklpd, .unpckhps, .unpckhpd, .shufps, .shufpd,
            .pshufd, .pshufhw, .pshuflw, .punpcklqdq, .punpckhqdq, .psrldq, .pslldq, .pblendvb, .blendvps, .blendvpd, .ptest,
            .pmovsxbw, .pmovsxbd, .pmovsxbq, .pmovsxwd, .pmovsxwq, .pmovsxdq, .pmuldq, .pcmpeqq, .packusdw, .pmovzxbw,
            .pmovzxbd, .pmovzxbq, .pmovzxwd, .pmovzxwq, .pmovzxdq, .pminsb, .pminsd, .pminuw, .pminud, .pmaxsb, .pmaxsd,
            .pmaxuw, .pmaxud, .pmulld, .phminposuw, .blendps, .blendpd, .pblendw, .mpsadbw, .pcmpgtq:
            try r.packed { unit throws(Fault) in try unit.integer() }
        }
    }

    /// DEST := operation(DEST, SRC), with both read and the destination checked for writing before anything changes.
    @inline(__always)
    static func combine<R: Reading, W: OperandWidth>(
        _ r: R, _ w: W.Type, _ operation: (R.Value, R.Value) -> R.Value
    ) throws(Fault) {
        let source = try r.operand1(w)
        let destination = try r.updateOperand0(w)
        r.set(destination, operation(r.value(of: destination, w), source), w)
    }
}
