/// What an instruction does to EFLAGS: SDM Vol. 1, appendix A.
public struct FlagEffects: Equatable, Sendable, BitwiseCopyable {
    public var read: EFLAGS
    /// Set, cleared or written by the result. With `Traits.mayKeepFlags` only under a condition.
    public var written: EFLAGS
    /// Left undefined by the manual.
    public var undefined: EFLAGS

    public init(read: EFLAGS = [], written: EFLAGS = [], undefined: EFLAGS = []) {
        self.read = read
        self.written = written
        self.undefined = undefined
    }

    public static let none = FlagEffects()

    /// Effects of an operation whose rows all agree; rows that differ say so themselves.
    static func usual(of operation: Operation) -> FlagEffects {
        let allButCF: EFLAGS = [.OF, .SF, .ZF, .AF, .PF]
        switch operation {
        case .add, .sub, .cmp, .neg, .xadd, .cmpxchg: return FlagEffects(written: .status)
        case .adc, .sbb: return FlagEffects(read: .CF, written: .status)
        case .inc, .dec: return FlagEffects(written: allButCF)
        case .and, .or, .xor, .test: return FlagEffects(written: [.OF, .CF, .SF, .ZF, .PF], undefined: .AF)
        case .rol, .ror: return FlagEffects(written: .CF, undefined: .OF)
        case .rcl, .rcr: return FlagEffects(read: .CF, written: .CF, undefined: .OF)
        case .shl, .shr, .sar, .shld, .shrd: return FlagEffects(written: [.CF, .SF, .ZF, .PF], undefined: [.OF, .AF])
        case .mul, .imul, .imulTruncating: return FlagEffects(written: [.CF, .OF], undefined: [.SF, .ZF, .AF, .PF])
        case .div, .idiv: return FlagEffects(undefined: .status)
        case .daa, .das: return FlagEffects(read: [.CF, .AF], written: [.CF, .AF, .SF, .ZF, .PF], undefined: .OF)
        case .aaa, .aas: return FlagEffects(read: .AF, written: [.CF, .AF], undefined: [.OF, .SF, .ZF, .PF])
        case .aam, .aad: return FlagEffects(written: [.SF, .ZF, .PF], undefined: [.OF, .AF, .CF])
        case .bt, .bts, .btr, .btc: return FlagEffects(written: .CF, undefined: [.OF, .SF, .AF, .PF])
        case .bsf, .bsr: return FlagEffects(written: .ZF, undefined: [.OF, .SF, .AF, .PF, .CF])
        case .lzcnt, .tzcnt: return FlagEffects(written: [.CF, .ZF], undefined: [.OF, .SF, .AF, .PF])
        case .popcnt: return FlagEffects(written: .status)
        case .andn, .bextr, .blsi, .blsmsk, .blsr, .bzhi:
            return FlagEffects(
                written: operation == .bextr ? [.OF, .ZF, .CF] : [.OF, .SF, .ZF, .CF],
                undefined: operation == .bextr ? [.SF, .AF, .PF] : [.AF, .PF])
        case .adcx: return FlagEffects(read: .CF, written: .CF)
        case .adox: return FlagEffects(read: .OF, written: .OF)
        case .cmpxchg8b, .cmpxchg16b, .arpl, .lar, .lsl, .verr, .verw: return FlagEffects(written: .ZF)
        case .clc, .stc: return FlagEffects(written: .CF)
        case .cmc: return FlagEffects(read: .CF, written: .CF)
        case .clac, .stac: return FlagEffects(written: .AC)
        case .cld, .std: return FlagEffects(written: .DF)
        case .cli, .sti: return FlagEffects(read: [.IOPL, .VM], written: [.IF, .VIF])
        case .lahf: return FlagEffects(read: [.SF, .ZF, .AF, .PF, .CF])
        case .sahf: return FlagEffects(written: [.SF, .ZF, .AF, .PF, .CF])
        case .salc: return FlagEffects(read: .CF)
        case .pushf: return FlagEffects(read: everything)
        case .popf: return FlagEffects(read: [.IOPL, .VM], written: everything)
        case .iret, .rsm: return FlagEffects(read: [.NT, .VM, .IOPL], written: everything)
        case .int, .int3, .int1: return FlagEffects(read: everything, written: [.TF, .IF, .NT, .RF, .VM, .AC])
        case .into: return FlagEffects(read: everything, written: [.TF, .IF, .NT, .RF, .VM, .AC])
        case .movs, .stos, .lods, .ins, .outs: return FlagEffects(read: .DF)
        case .cmps, .scas: return FlagEffects(read: .DF, written: .status)
        case .loope, .loopne: return FlagEffects(read: .ZF)
        case .movFromControl, .movToControl, .movFromDebug, .movToDebug: return FlagEffects(undefined: .status)
        case .sysenter: return FlagEffects(written: [.IF, .VM, .RF])
        case .syscall: return FlagEffects(read: everything, written: everything)
        case .sysret: return FlagEffects(written: everything)
        case .fcomi, .fcomip, .fucomi, .fucomip: return FlagEffects(written: .status)
        case .fcmovb, .fcmovnb: return FlagEffects(read: .CF)
        case .fcmove, .fcmovne: return FlagEffects(read: .ZF)
        case .fcmovbe, .fcmovnbe: return FlagEffects(read: [.CF, .ZF])
        case .fcmovu, .fcmovnu: return FlagEffects(read: .PF)
        case .ucomiss, .ucomisd, .comiss, .comisd, .ptest, .vtestps, .vtestpd: return FlagEffects(written: .status)
        case .pcmpestrm, .pcmpestri, .pcmpistrm, .pcmpistri: return FlagEffects(written: .status)
        default: return .none
        }
    }

    private static let everything: EFLAGS = [
        .CF, .PF, .AF, .ZF, .SF, .TF, .IF, .DF, .OF, .IOPL, .NT, .RF, .VM, .AC, .VIF, .VIP, .ID,
    ]
}
