/// The bit by which CPUID reports a feature. SDM Vol. 2A, "CPUID", tables 3-8, 3-10 and 3-11; the bits of leaf 80000001h that are AMD's are in "AMD64
/// Architecture Programmer's Manual", volume 3, appendix E.
public struct CPUIDBit: Sendable {
    /// A register of CPUID's answer.
    public enum Register: Sendable {
        case ebx, ecx, edx
    }

    /// The feature that the bit reports.
    public let feature: Feature
    /// The leaf: EAX before CPUID.
    public let leaf: UInt32
    /// The register of the answer.
    public let register: Register
    /// The bit's number, 0 to 31.
    public let bit: UInt32

    /// Every bit that some model sets. Features without a line are generations, or follow from others.
    public static let all: [CPUIDBit] =
        leaf(
            1, .edx,
            [
                (.FPU, 0), (.VME, 1), (.DE, 2), (.PSE, 3), (.TSC, 4), (.MSR, 5), (.PAE, 6), (.CX8, 8), (.SEP, 11), (.PGE, 13),
                (.CMOV, 15),
                (.PAT, 16), (.PSE36, 17), (.CLFSH, 19), (.MMX, 23), (.FXSR, 24), (.SSE, 25), (.SSE2, 26),
            ])
        + leaf(
            1, .ecx,
            [
                (.SSE3, 0), (.PCLMULQDQ, 1), (.SSSE3, 9), (.FMA, 12), (.CX16, 13), (.PCID, 17), (.SSE41, 19), (.SSE42, 20),
                (.MOVBE, 22),
                (.POPCNT, 23), (.AES, 25), (.XSAVE, 26), (.AVX, 28), (.F16C, 29),
            ])
        + leaf(7, .ebx, [(.FSGSBASE, 0), (.BMI1, 3), (.AVX2, 5), (.SMEP, 7), (.BMI2, 8), (.INVPCID, 10), (.ADX, 19), (.SMAP, 20)])
        + leaf(7, .ecx, [(.UMIP, 2), (.RDPID, 22)])
        + leaf(7, .edx, [(.ARCH_CAPABILITIES, 29)])
        + leaf(0x8000_0001, .ecx, [(.LAHF64, 0), (.LZCNT, 5)])
        + leaf(0x8000_0001, .edx, [(.SYSCALL, 11), (.NX, 20), (.GBPages, 26), (.RDTSCP, 27), (.LM, 29)])

    private static func leaf(_ leaf: UInt32, _ register: Register, _ bits: [(Feature, UInt32)]) -> [CPUIDBit] {
        bits.map { CPUIDBit(feature: $0.0, leaf: leaf, register: register, bit: $0.1) }
    }

    /// The bits of `features` in a register of a leaf.
    public static func value(_ features: FeatureSet, leaf: UInt32, _ register: Register) -> UInt32 {
        all.reduce(0) { value, line in
            guard line.leaf == leaf, line.register == register, features.contains(line.feature) else { return value }
            return value | 1 << line.bit
        }
    }
}
