/// What an instruction does, by the manual's mnemonic. Where one mnemonic names different things (MOV to a control register,
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
    // BitByte
    case bt, bts, btr, btc, bsf, bsr, setcc, popcnt, movbe, crc32
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
}
