/// What a processor must have for a row of the tables to exist: a generation, or a feature that CPUID reports
/// (SDM Vol. 2A, CPUID, tables 3-10 and 3-11).
public enum Feature: UInt8, CaseIterable, Sendable {
    // Generations
    case i8086, i80186, i80286, i80386, i486, pentium, p6
    // CPUID features. `P6FPU` stands for FCMOVcc and FCOMI, which need both FPU and CMOV.
    case FPU, TSC, MSR, CX8, SEP, CMOV, P6FPU, MMX, FXSR
    case SSE, SSE2, CLFSH, SSE3, MONITOR, SSSE3, SSE41, SSE42, POPCNT, MOVBE, CX16, LZCNT
    /// Of BMI1 the tables have TZCNT; the others need VEX.
    case BMI1
    /// Intel 64: the instructions that only 64-bit mode has.
    case LM
}

/// A set of features: the rows a processor knows.
public struct FeatureSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ feature: Feature) { rawValue = 1 << UInt64(feature.rawValue) }
    public init(_ features: [Feature]) {
        rawValue = features.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    }

    public func contains(_ feature: Feature) -> Bool { contains(FeatureSet(feature)) }

    public static let i8086 = FeatureSet(.i8086)
    public static let i80186 = i8086.union(FeatureSet(.i80186))
    public static let i80286 = i80186.union(FeatureSet([.i80286, .FPU]))
    public static let i80386 = i80286.union(FeatureSet(.i80386))
    public static let i486 = i80386.union(FeatureSet(.i486))
    public static let pentium = i486.union(FeatureSet([.pentium, .TSC, .MSR, .CX8]))
    public static let p6 = pentium.union(FeatureSet([.p6, .SEP, .CMOV, .P6FPU]))
    /// Everything the tables know.
    public static let all = FeatureSet(Feature.allCases)
}
