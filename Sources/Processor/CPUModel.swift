import X86

/// A processor that CPUID can claim to be.
public enum CPUModel: String, CaseIterable, Sendable {
    /// A 486DX4 with CPUID: no CMOV, no TSC.
    case i486 = "486"
    /// A Pentium with VME, PSE, TSC, MSRs and CMPXCHG8B.
    case pentium
    /// A Pentium Pro to Pentium II without MMX: what Debian's i686 kernels need, PAE and NX included.
    case p6

    /// Family, model and stepping as CPUID leaf 1 and EDX after reset give them. SDM Vol. 2A, figure 3-6.
    var signature: UInt32 {
        switch self {
        case .i486: 0x0480
        case .pentium: 0x0543
        case .p6: 0x0619
        }
    }

    public var features: Features {
        switch self {
        case .i486: Features(instructions: .i486)
        case .pentium: Features(instructions: .pentium)
        case .p6: Features(instructions: .p6)
        }
    }

    /// Physical address bits that exist.
    var physicalAddressMask: UInt64 { self == .p6 ? 0xF_FFFF_FFFF : 0xFFFF_FFFF }

    /// CR4 bits that may be set.
    var cr4: CR4 {
        switch self {
        case .i486: []
        case .pentium: [.VME, .PVI, .TSD, .DE, .PSE, .MCE]
        case .p6: [.VME, .PVI, .TSD, .DE, .PSE, .PAE, .MCE, .PGE, .PCE]
        }
    }

    /// Leaf 1 EDX. SDM Vol. 2A, table 3-11.
    var featureBits: UInt32 {
        switch self {
        case .i486: Self.bits([0])
        case .pentium: Self.bits([0, 1, 2, 3, 4, 5, 8])
        // FPU VME DE PSE TSC MSR PAE CX8 SEP PGE CMOV PSE-36
        case .p6: Self.bits([0, 1, 2, 3, 4, 5, 6, 8, 11, 13, 15, 17])
        }
    }

    private static func bits(_ numbers: [UInt32]) -> UInt32 { numbers.reduce(0) { $0 | 1 << $1 } }

    /// What a model has besides its CPUID bits.
    public struct Features: Sendable {
        /// Rows of the tables that exist.
        public let instructions: FeatureSet
        var hasCPUID: Bool { true }
        var hasPSE36: Bool { instructions.contains(.p6) }
        var hasTSC: Bool { instructions.contains(.TSC) }
        var hasMSR: Bool { instructions.contains(.MSR) }
        var hasSEP: Bool { instructions.contains(.SEP) }
        /// Execute-disable and its EFER bit: not in a Pentium Pro, but what a PAE kernel expects to use.
        var hasNX: Bool { instructions.contains(.p6) }
    }

    /// EAX, EBX, ECX, EDX of a CPUID leaf; a leaf beyond the last gives the last basic one. SDM Vol. 2A, "CPUID".
    func cpuid(leaf: UInt32) -> (eax: UInt32, ebx: UInt32, ecx: UInt32, edx: UInt32) {
        switch leaf {
        case 0: (self == .p6 ? 2 : 1, 0x756E_6547, 0x6C65_746E, 0x4965_6E69)
        case 1: (signature, 0, 0, featureBits)
        case 2 where self == .p6: (0x0302_0101, 0, 0, 0x0604_0A42)
        case 0x8000_0000 where features.hasNX: (0x8000_0001, 0, 0, 0)
        case 0x8000_0001 where features.hasNX: (0, 0, 0, Self.bits([20]))
        case 0x8000_0000...0xFFFF_FFFF: (0, 0, 0, 0)
        default: self == .p6 ? (0x0302_0101, 0, 0, 0x0604_0A42) : (signature, 0, 0, featureBits)
        }
    }
}
