import X86

/// A processor that CPUID can claim to be. 32-bit ones only: none has Intel 64.
public enum CPUModel: String, CaseIterable, Sendable {
    /// A 486DX4 with CPUID: no CMOV, no TSC.
    case i486 = "486"
    /// A Pentium with VME, PSE, TSC, MSRs and CMPXCHG8B.
    case pentium
    /// The same with MMX.
    case pentiumMMX = "pentium-mmx"
    /// A Pentium Pro to Pentium II without MMX: what Debian's i686 kernels need, PAE and NX included.
    case p6
    /// The same with MMX, FXSAVE and FXRSTOR.
    case pentium2
    /// The same with SSE.
    case pentium3
    /// The same with SSE2 and CLFLUSH.
    case pentium4
    /// The same with SSE3 and SSSE3.
    case core2
    /// The same with SSE4.1, SSE4.2 and POPCNT.
    case nehalem
    /// The same with MOVBE, LZCNT and TZCNT: everything there is. BMI1 is not reported, for of that it has TZCNT alone.
    case max

    /// Family, model and stepping as CPUID leaf 1 and EDX after reset give them. SDM Vol. 2A, figure 3-6.
    var signature: UInt32 {
        switch self {
        case .i486: 0x0480
        case .pentium: 0x0543
        case .pentiumMMX: 0x0544
        case .p6: 0x0619
        case .pentium2: 0x0652
        case .pentium3: 0x0683
        case .pentium4: 0x0F29
        case .core2: 0x06FB
        case .nehalem, .max: 0x0001_06A5
        }
    }

    public var features: Features { Features(instructions: generation.union(additions)) }

    private var generation: FeatureSet {
        switch self {
        case .i486: .i486
        case .pentium, .pentiumMMX: .pentium
        default: .p6
        }
    }

    /// What the model has beyond its generation.
    private var additions: FeatureSet {
        switch self {
        case .i486, .pentium, .p6: []
        case .pentiumMMX: FeatureSet(.MMX)
        case .pentium2: Self.pentium2Set
        case .pentium3: Self.pentium3Set
        case .pentium4: Self.pentium4Set
        case .core2: Self.core2Set
        case .nehalem: Self.nehalemSet
        case .max: Self.maxSet
        }
    }

    private static let pentium2Set = FeatureSet([.MMX, .FXSR])
    private static let pentium3Set = pentium2Set.union(FeatureSet(.SSE))
    private static let pentium4Set = pentium3Set.union(FeatureSet([.SSE2, .CLFSH]))
    private static let core2Set = pentium4Set.union(FeatureSet([.SSE3, .SSSE3]))
    private static let nehalemSet = core2Set.union(FeatureSet([.SSE41, .SSE42, .POPCNT]))
    private static let maxSet = nehalemSet.union(FeatureSet([.MOVBE, .LZCNT, .BMI1, .CX16, .LM]))

    /// A Pentium Pro or later: its model-specific registers, 36 address bits, CPUID leaf 2.
    var isP6: Bool { self != .i486 && self != .pentium && self != .pentiumMMX }

    /// IA32_MISC_ENABLE came with the Pentium 4.
    var hasMiscEnable: Bool { features.instructions.contains(.SSE2) }

    /// WRMSR writes all 64 bits of IA32_TIME_STAMP_COUNTER: from family 06h, model 0Fh on.
    var takesWholeTSC: Bool { features.instructions.contains(.SSSE3) }

    /// MAXPHYADDR: how many bits a physical address has.
    public var physicalAddressBits: Int { isP6 ? 36 : 32 }
    /// Physical address bits that exist.
    public var physicalAddressMask: UInt64 { (1 << UInt64(physicalAddressBits)) - 1 }

    /// CR4 bits that may be set.
    var cr4: CR4 {
        let instructions = features.instructions
        guard instructions.contains(.pentium) else { return [] }
        var bits: CR4 = [.VME, .PVI, .TSD, .DE, .PSE, .MCE]
        if isP6 { bits.formUnion([.PAE, .PGE, .PCE]) }
        if instructions.contains(.FXSR) { bits.insert(.OSFXSR) }
        if instructions.contains(.SSE) { bits.insert(.OSXMMEXCPT) }
        return bits
    }

    /// MXCSR bits that may be set: DAZ came with the Pentium 4. SDM Vol. 1, section 11.6.6.
    var mxcsrMask: UInt32 { features.instructions.contains(.SSE2) ? 0xFFFF : 0xFFBF }

    /// Leaf 1 EDX. SDM Vol. 2A, table 3-11.
    var featureBits: UInt32 {
        let instructions = features.instructions
        guard instructions.contains(.pentium) else { return Self.bits([0]) }
        // FPU VME DE PSE TSC MSR CX8
        var numbers: [UInt32] = [0, 1, 2, 3, 4, 5, 8]
        // PAE SEP PGE CMOV PSE-36
        if isP6 { numbers += [6, 11, 13, 15, 17] }
        let named: [(Feature, UInt32)] = [(.CLFSH, 19), (.MMX, 23), (.FXSR, 24), (.SSE, 25), (.SSE2, 26)]
        return Self.bits(numbers + named.filter { instructions.contains($0.0) }.map(\.1))
    }

    /// Leaf 1 ECX. SDM Vol. 2A, table 3-10.
    private var extendedFeatureBits: UInt32 {
        let named: [(Feature, UInt32)] = [(.SSE3, 0), (.SSSE3, 9), (.SSE41, 19), (.SSE42, 20), (.MOVBE, 22), (.POPCNT, 23)]
        return Self.bits(named.filter { features.instructions.contains($0.0) }.map(\.1))
    }

    private static func bits(_ numbers: [UInt32]) -> UInt32 { numbers.reduce(0) { $0 | 1 << $1 } }

    /// What a model has besides its CPUID bits.
    public struct Features: Sendable {
        /// Rows of the tables that exist.
        public let instructions: FeatureSet
        var hasCPUID: Bool { true }
        public var hasPSE36: Bool { instructions.contains(.p6) }
        var hasTSC: Bool { instructions.contains(.TSC) }
        var hasMSR: Bool { instructions.contains(.MSR) }
        var hasSEP: Bool { instructions.contains(.SEP) }
        /// Intel 64: IA-32e mode.
        public var hasLongMode: Bool { instructions.contains(.LM) }
        /// Pages of 1 GByte in 4-level paging.
        var hasGigabytePages: Bool { hasLongMode }
        /// Execute-disable and its EFER bit: not in a Pentium Pro, but what a PAE kernel expects to use.
        var hasNX: Bool { instructions.contains(.p6) }
    }

    /// EAX, EBX, ECX, EDX of a CPUID leaf; a leaf beyond the last gives the last basic one. SDM Vol. 2A, "CPUID".
    func cpuid(leaf: UInt32) -> (eax: UInt32, ebx: UInt32, ecx: UInt32, edx: UInt32) {
        switch leaf {
        case 0: return (isP6 ? 2 : 1, 0x756E_6547, 0x6C65_746E, 0x4965_6E69)
        case 1:
            // EBX 15…8: size of the line that CLFLUSH flushes, in quadwords.
            return (signature, features.instructions.contains(.CLFSH) ? 0x800 : 0, extendedFeatureBits, featureBits)
        case 0x8000_0000 where features.hasNX: return (0x8000_0001, 0, 0, 0)
        case 0x8000_0001 where features.hasNX:
            return (0, 0, features.instructions.contains(.LZCNT) ? Self.bits([5]) : 0, Self.bits([20]))
        case 0x8000_0000...0xFFFF_FFFF: return (0, 0, 0, 0)
        default: return isP6 ? (0x0302_0101, 0, 0, 0x0604_0A42) : cpuid(leaf: 1)
        }
    }
}
