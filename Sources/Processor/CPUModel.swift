import X86

/// A processor that CPUID can claim to be. From `x86-64` on they have Intel 64.
public enum CPUModel: String, CaseIterable, Sendable {
    /// A 486DX4 with CPUID: no CMOV, no TSC.
    case i486 = "486"
    /// A Pentium with VME, PSE, TSC, MSRs and CMPXCHG8B.
    case pentium
    /// `pentium` with MMX.
    case pentiumMMX = "pentium-mmx"
    /// A Pentium Pro to Pentium II without MMX: what Debian's i686 kernels need, PAE and NX included.
    case p6
    /// The Pentium Pro with MMX, FXSAVE and FXRSTOR.
    case pentium2
    /// `pentium2` with SSE.
    case pentium3
    /// `pentium3` with SSE2 and CLFLUSH.
    case pentium4
    /// The least that x86-64 is, as QEMU's `qemu64` has it: Intel 64 with SSE3 and CMPXCHG16B.
    case x86_64 = "x86-64"
    /// The second level of the x86-64 psABI, which distributions are built for: SSSE3, SSE4.1, SSE4.2 and POPCNT too.
    case x86_64v2 = "x86-64-v2"
    /// A Core 2: Intel 64, SSE3 and SSSE3.
    case core2
    /// `core2` with SSE4.1, SSE4.2, POPCNT and RDTSCP.
    case nehalem
    /// The third level of the x86-64 psABI: AVX, AVX2, FMA, F16C, BMI1, BMI2, LZCNT and MOVBE too.
    case x86_64v3 = "x86-64-v3"
    /// `x86-64-v3` with AES, PCLMULQDQ, ADX and what kernels use of later processors: everything there is.
    case max

    /// The model of a machine whose user names none: what kernels and distributions of today are built for.
    public static let usual = CPUModel.x86_64v2

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
        case .x86_64: 0x0F61
        case .core2: 0x06FB
        case .x86_64v2, .nehalem, .max: 0x0001_06A5
        case .x86_64v3: 0x0003_06C3
        }
    }

    /// The features that CPUID reports and the decoder knows.
    public var features: Features { Features(instructions: generation.union(additions)) }

    private var generation: FeatureSet {
        switch self {
        case .i486: .i486
        case .pentium, .pentiumMMX: .pentium
        default: .p6
        }
    }

    /// Features of the model beyond its generation's.
    private var additions: FeatureSet {
        switch self {
        case .i486, .pentium, .p6: []
        case .pentiumMMX: FeatureSet(.MMX)
        case .pentium2: Self.pentium2Set
        case .pentium3: Self.pentium3Set
        case .pentium4: Self.pentium4Set
        case .x86_64: Self.x86_64Set.union(Self.immune)
        case .x86_64v2: Self.x86_64v2Set.union(Self.immune)
        case .core2: Self.core2Set
        case .nehalem: Self.nehalemSet
        case .x86_64v3: Self.x86_64v3Set.union(Self.immune)
        case .max: Self.maxSet.union(Self.immune)
        }
    }

    /// The models that are no real processor can say that they do not speculate; on others kernels defend themselves, by switching CR3 with each
    /// system call for one thing.
    private static let immune = FeatureSet(.ARCH_CAPABILITIES)
    private static let pentium2Set = FeatureSet([.MMX, .FXSR])
    private static let pentium3Set = pentium2Set.union(FeatureSet(.SSE))
    private static let pentium4Set = pentium3Set.union(FeatureSet([.SSE2, .CLFSH]))
    private static let x86_64Set = pentium4Set.union(FeatureSet([.SSE3, .CX16, .PAT, .LM, .SYSCALL, .LAHF64]))
    private static let core2Set = x86_64Set.union(FeatureSet(.SSSE3))
    private static let x86_64v2Set = core2Set.union(FeatureSet([.SSE41, .SSE42, .POPCNT]))
    private static let nehalemSet = x86_64v2Set.union(FeatureSet(.RDTSCP))
    private static let x86_64v3Set = nehalemSet.union(
        FeatureSet([.MOVBE, .LZCNT, .BMI1, .BMI2, .XSAVE, .XSAVEOPT, .AVX, .AVX2, .FMA, .F16C]))
    private static let maxSet = x86_64v3Set.union(
        FeatureSet([.XSAVEC, .AES, .PCLMULQDQ, .ADX, .RDPID, .GBPages, .PCID, .INVPCID, .FSGSBASE, .SMEP, .SMAP, .UMIP]))

    /// A Pentium Pro or later: its model-specific registers, 36 address bits, CPUID leaf 2.
    var isP6: Bool { self != .i486 && self != .pentium && self != .pentiumMMX }

    /// IA32_MISC_ENABLE came with the Pentium 4.
    var hasMiscEnable: Bool { features.instructions.contains(.SSE2) }

    /// WRMSR writes all 64 bits of IA32_TIME_STAMP_COUNTER: from family 06h, model 0Fh on.
    var takesWholeTSC: Bool { features.hasLongMode }

    /// x2APIC mode, and the TSC-deadline mode of the local APIC's timer.
    public var hasX2APIC: Bool { self == .nehalem || self == .x86_64v3 || self == .max }
    /// The TSC-deadline mode of the local APIC's timer.
    public var hasTSCDeadline: Bool { self == .max }
    /// A local APIC that can be switched off and moved by IA32_APIC_BASE is on the chip.
    public var hasLocalAPIC: Bool { isP6 }

    /// MAXPHYADDR: how many bits a physical address has.
    public var physicalAddressBits: Int {
        switch self {
        case .i486, .pentium, .pentiumMMX: 32
        // With pages of 1 GByte and more bits OVMF before 2023 maps all of it by pages of 2 MBytes, 256 MBytes of tables. QEMU's `max` has 40 as well.
        case .nehalem, .max: 40
        case .x86_64, .x86_64v2, .x86_64v3: 46
        default: 36
        }
    }

    /// Physical address bits that exist.
    public var physicalAddressMask: UInt64 { (1 << UInt64(physicalAddressBits)) - 1 }

    /// CR4 bits that may be set. MCE and PCE come with their generation.
    package var cr4: CR4 {
        let instructions = features.instructions
        guard instructions.contains(.pentium) else { return [] }
        let bits: [(CR4, Feature)] = [
            ([.VME, .PVI], .VME), (.TSD, .TSC), (.DE, .DE), (.PSE, .PSE), (.PAE, .PAE), (.MCE, .pentium), (.PGE, .PGE), (.PCE, .p6),
            (.OSFXSR, .FXSR), (.OSXMMEXCPT, .SSE), (.UMIP, .UMIP), (.FSGSBASE, .FSGSBASE), (.PCIDE, .PCID), (.SMEP, .SMEP),
            (.SMAP, .SMAP), (.OSXSAVE, .XSAVE),
        ]
        return bits.reduce([]) { instructions.contains($1.1) ? $0.union($1.0) : $0 }
    }

    /// State components that XSETBV can enable, and CPUID leaf 0Dh reports.
    package var xcr0: XCR0 {
        guard features.instructions.contains(.XSAVE) else { return .reset }
        return features.instructions.contains(.AVX) ? [.x87, .SSE, .AVX] : [.x87, .SSE]
    }

    /// IA32_EFER bits that WRMSR may set. LMA may be written, and stays as it is.
    package var efer: EFER {
        var bits: EFER = []
        if features.instructions.contains(.NX) { bits.insert(.NXE) }
        if features.hasLongMode { bits.formUnion([.SCE, .LME, .LMA]) }
        return bits
    }

    /// IA32_ARCH_CAPABILITIES: no data leaks by speculation, whatever it is called. RDCL_NO, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, IF_PSCHANGE_MC_NO, TAA_NO,
    /// SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO, RFDS_NO and ITS_NO. SDM Vol. 4, table 2-2.
    static let archCapabilities: UInt64 = 0x4000_0000_0D10_E179

    /// MXCSR bits that may be set: DAZ came with the Pentium 4. SDM Vol. 1, section 11.6.6.
    package var mxcsrMask: UInt32 { features.instructions.contains(.SSE2) ? 0xFFFF : 0xFFBF }

    /// Properties of a model besides its CPUID bits.
    public struct Features: Sendable {
        /// Rows of the tables that exist.
        public let instructions: FeatureSet
        var hasCPUID: Bool { true }
        /// PSE-36: 4-MByte pages above 4 GB.
        public var hasPSE36: Bool { instructions.contains(.PSE36) }
        var hasTSC: Bool { instructions.contains(.TSC) }
        var hasMSR: Bool { instructions.contains(.MSR) }
        var hasSEP: Bool { instructions.contains(.SEP) }
        /// Intel 64: IA-32e mode.
        public var hasLongMode: Bool { instructions.contains(.LM) }
        /// Pages of 1 GByte in 4-level paging.
        var hasGigabytePages: Bool { instructions.contains(.GBPages) }
        /// Execute-disable and its EFER bit.
        var hasNX: Bool { instructions.contains(.NX) }
    }
}
