import X86

/// The answers of CPUID. SDM Vol. 2A, "CPUID".
extension CPUModel {
    /// EAX, EBX, ECX and EDX.
    typealias Registers = (eax: UInt32, ebx: UInt32, ecx: UInt32, edx: UInt32)

    /// The last basic leaf: 0Dh with XSAVE, 7 where it says something.
    private var lastBasicLeaf: UInt32 {
        if features.instructions.contains(.XSAVE) { return 0xD }
        let isThere = CPUIDBit.all.contains { $0.leaf == 7 && features.instructions.contains($0.feature) }
        return isThere ? 7 : isP6 ? 2 : 1
    }

    private var lastExtendedLeaf: UInt32 {
        features.hasLongMode ? 0x8000_0008 : features.hasNX ? 0x8000_0001 : 0
    }

    /// Answers CPUID; leaf 0Dh shows what software enabled. A leaf beyond the last basic or the last extended one is as the last basic one is.
    func cpuid(leaf: UInt32, subleaf: UInt32 = 0, enabled: XCR0 = .reset) -> Registers {
        if leaf >= 0x8000_0000, leaf <= lastExtendedLeaf { return extended(leaf) }
        switch min(leaf, lastBasicLeaf) {
        case 0: return (lastBasicLeaf, 0x756E_6547, 0x6C65_746E, 0x4965_6E69)
        case 1:
            // EBX 15…8: size of the line that CLFLUSH flushes, in quadwords.
            let line: UInt32 = features.instructions.contains(.CLFSH) ? 0x800 : 0
            return (signature, line, bits(1, .ecx), bits(1, .edx))
        case 2: return cacheDescriptors
        case 7 where subleaf == 0: return (0, bits(7, .ebx), bits(7, .ecx), bits(7, .edx))
        case 0xD: return extendedState(subleaf, enabled)
        default: return (0, 0, 0, 0)
        }
    }

    /// Leaf 2: TLBs and caches, a byte each, as processors of the time had them; with Intel 64 the caches are those of leaf 4. SDM Vol. 2A, table 3-12.
    private var cacheDescriptors: Registers {
        switch self {
        case .pentium2: (0x0302_0101, 0, 0, 0x0C04_0843)
        case .pentium3: (0x0302_0101, 0, 0, 0x0C04_0882)
        case .pentium4: (0x665B_5001, 0, 0, 0x007B_7040)
        // 32 KBytes for data (2Ch) and for code (30h), 512 KBytes behind both (80h): 8 ways and lines of 64 bytes.
        case _ where features.hasLongMode: (0x05B0_B101, 0x0056_57F0, 0, 0x2CB4_3080)
        default: (0x0302_0101, 0, 0, 0x0604_0A42)
        }
    }

    /// Sizes of XSAVE's area: of what is enabled, and of all that can be. SDM Vol. 1, section 13.2.
    private func extendedState(_ subleaf: UInt32, _ enabled: XCR0) -> Registers {
        func size(_ components: XCR0) -> UInt32 { components.contains(.AVX) ? 832 : 576 }
        let instructions = features.instructions
        switch subleaf {
        case 0: return (UInt32(xcr0.rawValue), size(enabled), size(xcr0), 0)
        case 1:
            let hasXSAVEC = instructions.contains(.XSAVEC)
            return ((instructions.contains(.XSAVEOPT) ? 1 : 0) | (hasXSAVEC ? 2 : 0), hasXSAVEC ? size(enabled) : 0, 0, 0)
        // The component AVX: its size and where it begins.
        case 2 where xcr0.contains(.AVX): return (256, 576, 0, 0)
        default: return (0, 0, 0, 0)
        }
    }

    /// The processor's identification in tables about a machine: leaf 1, EAX and EDX, without a local APIC's bit; and the name of its maker.
    public var identification: (signature: UInt32, features: UInt32) {
        let first = cpuid(leaf: 1)
        return (first.eax, first.edx)
    }
    /// The vendor string of leaf 0.
    public var vendor: String { "GenuineIntel" }

    private func extended(_ leaf: UInt32) -> Registers {
        switch leaf {
        case 0x8000_0000: (lastExtendedLeaf, 0, 0, 0)
        case 0x8000_0001: (0, 0, bits(leaf, .ecx), bits(leaf, .edx))
        case 0x8000_0002...0x8000_0004: brand(Int(leaf - 0x8000_0002))
        // The cache of the second level: KBytes, 8 ways, bytes of a line.
        case 0x8000_0006: (0, 0, 512 << 16 | 6 << 12 | 64, 0)
        // EAX 7…0 and 15…8: bits of a physical and of a linear address.
        case 0x8000_0008: (UInt32(physicalAddressBits) | 48 << 8, 0, 0, 0)
        default: (0, 0, 0, 0)
        }
    }

    /// Sixteen of the 48 bytes of the name.
    private func brand(_ part: Int) -> Registers {
        let name = Array("swemu \(rawValue)".utf8) + [UInt8](repeating: 0, count: 48)
        func word(_ index: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(name[part * 16 + index * 4 + $1]) << UInt32(8 * $1) }
        }
        return (word(0), word(1), word(2), word(3))
    }

    private func bits(_ leaf: UInt32, _ register: CPUIDBit.Register) -> UInt32 {
        CPUIDBit.value(features.instructions, leaf: leaf, register)
    }
}

/// A model's answers, put together once: programs serialize with CPUID, and some do it between any two looks at the clock.
struct CPUIDAnswers {
    private let model: CPUModel
    private let basic: [CPUModel.Registers]
    private let extended: [CPUModel.Registers]

    init(_ model: CPUModel) {
        self.model = model
        basic = (0...model.cpuid(leaf: 0).eax).map { model.cpuid(leaf: $0) }
        let first: UInt32 = 0x8000_0000
        let last = model.cpuid(leaf: first).eax
        extended = last < first ? [] : (first...last).map { model.cpuid(leaf: $0) }
    }

    /// Tells whether the model has an extended leaf.
    func has(extended leaf: UInt32) -> Bool { leaf >= 0x8000_0000 && leaf - 0x8000_0000 < extended.count }

    subscript(leaf: UInt32, subleaf: UInt32 = 0, enabled: XCR0 = .reset) -> CPUModel.Registers {
        if has(extended: leaf) { return extended[Int(leaf - 0x8000_0000)] }
        let leaf = min(leaf, UInt32(basic.count - 1))
        guard leaf == 7 && subleaf != 0 || leaf == 0xD else { return basic[Int(leaf)] }
        return model.cpuid(leaf: leaf, subleaf: subleaf, enabled: enabled)
    }
}
