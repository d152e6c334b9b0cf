import X86

/// The arrangement of a machine's processors: threads in cores in packages. Each has an APIC identification whose bits say which it is in each, from
/// the thread up. SDM Vol. 3A, section 8.9.
public struct ProcessorTopology: Codable, Equatable, Sendable {
    /// Number of packages.
    public var sockets: Int
    /// In a package.
    public var cores: Int
    /// In a core.
    public var threads: Int

    /// Identifications have 8 bits, and the highest one is everybody's; firmware tables are made for so many.
    public static let most = 16

    /// An arrangement; without words, one processor.
    public init(sockets: Int = 1, cores: Int = 1, threads: Int = 1) {
        (self.sockets, self.cores, self.threads) = (sockets, cores, threads)
    }

    /// All processors.
    public var count: Int { sockets * cores * threads }
    /// In a package.
    public var perPackage: Int { cores * threads }

    /// There can be such a machine: identifications are the processors' numbers, so what is not the last level has a power of two.
    public var isPossible: Bool {
        guard [sockets, cores, threads].allSatisfy({ (1...Self.most).contains($0) }), count <= Self.most else { return false }
        let isWhole = threads.nonzeroBitCount == 1 || cores == 1 && sockets == 1
        return isWhole && (perPackage.nonzeroBitCount == 1 || sockets == 1)
    }

    /// Bits of an identification that number `count` things.
    private static func width(_ count: Int) -> UInt32 {
        UInt32(Int.bitWidth - (count - 1).leadingZeroBitCount)
    }

    /// CPUID leaf 0Bh, extended topology: threads, then cores. SDM Vol. 2A, "CPUID".
    fileprivate func extended(level: UInt32, id: UInt32) -> CPUModel.Registers {
        switch level {
        case 0: (Self.width(threads), UInt32(threads), 1 << 8, id)
        case 1: (Self.width(perPackage), UInt32(perPackage), 2 << 8 | 1, id)
        default: (0, 0, level & 0xFF, id)
        }
    }

    /// CPUID leaf 4: caches, of 64 bytes a line and 8 ways, and who shares them: the threads of a core.
    fileprivate func cache(_ index: UInt32) -> CPUModel.Registers {
        guard index < 3 else { return (0, 0, 0, 0) }
        let kind: UInt32 = [1, 2, 3][Int(index)]
        let level: UInt32 = index == 2 ? 2 : 1
        let sharers = UInt32(1) << Self.width(threads) - 1
        let addressableCores = UInt32(1) << (Self.width(perPackage) - Self.width(threads)) - 1
        return (
            kind | level << 5 | 1 << 8 | sharers << 14 | addressableCores << 26, 7 << 22 | 63, index == 2 ? 1023 : 63, 0
        )
    }
}

extension CPU {
    /// CPUID of this processor: what the model says, its local APIC, and its place among others. Leaf 4 came with Intel 64, leaf 0Bh with x2APIC.
    func cpuid(leaf: UInt32, subleaf: UInt32) -> CPUModel.Registers {
        let basic = cpuidAnswers[0].eax
        let last = max(basic, model.hasX2APIC ? 0xB : model.features.hasLongMode ? 4 : 0)
        let id = UInt32(localAPIC?.initialID ?? 0)
        let asked = cpuidAnswers.has(extended: leaf) ? leaf : min(leaf, last)
        switch asked {
        case 0:
            let first = cpuidAnswers[0]
            return (last, first.ebx, first.ecx, first.edx)
        case 1:
            let (first, bits) = (cpuidAnswers[1], localAPICBits)
            let shared = topology.perPackage > 1
            let osxsave: UInt32 = core.pointee.state.cr4.contains(.OSXSAVE) ? 1 << 27 : 0
            return (
                first.eax, first.ebx | bits.ebx | (shared ? UInt32(topology.perPackage) << 16 : 0), first.ecx | bits.ecx | osxsave,
                first.edx | bits.edx | (shared ? 1 << 28 : 0)
            )
        case 4 where model.features.hasLongMode: return topology.cache(subleaf)
        case 0xB where model.hasX2APIC: return topology.extended(level: subleaf, id: id)
        case 3..<0xB where asked > basic: return (0, 0, 0, 0)
        default: return cpuidAnswers[asked, subleaf, core.pointee.state.avx.xcr0]
        }
    }
}
