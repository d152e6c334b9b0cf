/// A generation of processors, or a feature that CPUID reports (`CPUIDBit`). A row of the tables exists where its feature is.
public enum Feature: UInt8, CaseIterable, Sendable {
    // Generations
    case i8086, i80186, i80286, i80386, i486, pentium, p6
    // CPUID features. `P6FPU` stands for FCMOVcc and FCOMI, which need both FPU and CMOV.
    case FPU, TSC, MSR, CX8, SEP, CMOV, P6FPU, MMX, FXSR
    case SSE, SSE2, CLFSH, SSE3, MONITOR, SSSE3, SSE41, SSE42, POPCNT, MOVBE, CX16, LZCNT
    case BMI1, BMI2, ADX, AES, PCLMULQDQ, XSAVE, XSAVEOPT, XSAVEC, AVX, AVX2, FMA, F16C, RDPID
    /// Intel 64: IA-32e mode, and the instructions that only 64-bit mode has.
    case LM
    // Without instructions of their own
    case VME, DE, PSE, PAE, PGE, PAT, PSE36, NX, PCID, SMEP, UMIP, GBPages, LAHF64
    /// SYSCALL and SYSRET, which Intel's processors have in 64-bit mode alone: their rows are of `LM`.
    case SYSCALL
    case RDTSCP, FSGSBASE, INVPCID, SMAP
    /// The register IA32_ARCH_CAPABILITIES.
    case ARCH_CAPABILITIES
}

/// A set of features: the rows a processor knows.
public struct FeatureSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// The set of one feature.
    public init(_ feature: Feature) { rawValue = 1 << UInt64(feature.rawValue) }
    /// The set of these features.
    public init(_ features: [Feature]) {
        rawValue = features.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    }

    /// Tells whether a feature is in the set.
    public func contains(_ feature: Feature) -> Bool { contains(FeatureSet(feature)) }

    /// An 8086.
    public static let i8086 = FeatureSet(.i8086)
    /// An 80186.
    public static let i80186 = i8086.union(FeatureSet(.i80186))
    /// An 80286 with its coprocessor.
    public static let i80286 = i80186.union(FeatureSet([.i80286, .FPU]))
    /// An 80386 with its coprocessor.
    public static let i80386 = i80286.union(FeatureSet(.i80386))
    /// An i486DX.
    public static let i486 = i80386.union(FeatureSet(.i486))
    /// A Pentium.
    public static let pentium = i486.union(FeatureSet([.pentium, .VME, .DE, .PSE, .TSC, .MSR, .CX8]))
    /// NX is not in a Pentium Pro, but what a PAE kernel expects to use.
    public static let p6 = pentium.union(FeatureSet([.p6, .SEP, .CMOV, .P6FPU, .PAE, .PGE, .PSE36, .NX]))
    /// Everything the tables know.
    public static let all = FeatureSet(Feature.allCases)
}
