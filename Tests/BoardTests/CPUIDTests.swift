import Testing
import X86

@testable import Board
@testable import Processor

/// What the leaves of CPUID say agrees, of each model and each arrangement of processors. SDM Vol. 2A, "CPUID"; Vol. 3A, section 8.9; Vol. 1, chapter 13.
@Suite struct CPUIDTests {
    /// A processor's answers. The machine has to live for them.
    private struct Leaves {
        let pc: PC
        var number = 0
        var cpu: CPU { pc.processors[number] }

        subscript(_ leaf: UInt32, _ subleaf: UInt32 = 0) -> (eax: UInt32, ebx: UInt32, ecx: UInt32, edx: UInt32) {
            cpu.cpuid(leaf: leaf, subleaf: subleaf)
        }
        var last: UInt32 { self[0].eax }
        /// 0 where there are no extended leaves.
        var lastExtended: UInt32 {
            let last = self[0x8000_0000].eax
            return last >= 0x8000_0000 ? last : 0
        }

        func has(_ bit: CPUIDBit) -> Bool {
            guard bit.leaf < 0x8000_0000 ? bit.leaf <= last : bit.leaf <= lastExtended else { return false }
            let answer = self[bit.leaf]
            let register = bit.register == .ebx ? answer.ebx : bit.register == .ecx ? answer.ecx : answer.edx
            return register >> bit.bit & 1 != 0
        }
        func has(_ feature: Feature) -> Bool { CPUIDBit.all.contains { $0.feature == feature && has($0) } }
    }

    private static func machine(_ model: CPUModel, _ topology: ProcessorTopology = ProcessorTopology()) throws -> PC {
        var configuration = PC.Configuration()
        configuration.machine = .pc
        configuration.memoryBytes = 2 << 20
        configuration.model = model
        configuration.processors = topology
        return try PC(configuration)
    }

    private static func leaves(_ model: CPUModel) throws -> Leaves { Leaves(pc: try machine(model)) }

    /// A feature, and those that a processor with it has as well.
    private static let needs: [(Feature, [Feature])] = [
        (.SSE, [.FXSR]), (.SSE2, [.SSE, .MMX, .CLFSH]), (.SSE3, [.SSE2]), (.SSSE3, [.SSE3]), (.SSE41, [.SSSE3]),
        (.SSE42, [.SSE41, .POPCNT]), (.AES, [.SSE2]), (.PCLMULQDQ, [.SSE2]), (.AVX, [.XSAVE, .SSE42]), (.AVX2, [.AVX]),
        (.FMA, [.AVX]), (.F16C, [.AVX]), (.FXSR, [.MMX]), (.CX16, [.LM]), (.LAHF64, [.LM]), (.SYSCALL, [.LM]), (.GBPages, [.LM]),
        (.LM, [.PAE, .NX, .SYSCALL, .CX8, .CMOV, .MSR, .TSC, .PGE, .PSE, .PAT, .FXSR, .SSE2]), (.NX, [.PAE]), (.PSE36, [.PSE]),
        (.PCID, [.LM]), (.INVPCID, [.PCID]), (.FSGSBASE, [.LM]), (.RDTSCP, [.TSC]), (.RDPID, [.RDTSCP]), (.SMAP, [.SMEP]),
        (.VME, [.FPU]), (.MMX, [.FPU]), (.ARCH_CAPABILITIES, [.MSR]), (.ADX, [.LM]), (.BMI2, [.BMI1]),
    ]

    @Test(arguments: CPUModel.allCases) func featuresComeWithWhatTheyAreMadeOf(_ model: CPUModel) throws {
        let leaves = try Self.leaves(model)
        for bit in CPUIDBit.all { #expect(leaves.has(bit) == model.features.instructions.contains(bit.feature), "\(bit.feature)") }
        for (feature, others) in Self.needs where leaves.has(feature) {
            for other in others { #expect(leaves.has(other), "\(feature) without \(other)") }
        }
        // Bits of CR4 and IA32_EFER follow the same features.
        let bits: [(CR4, Feature)] = [
            (.OSXSAVE, .XSAVE), (.PCIDE, .PCID), (.FSGSBASE, .FSGSBASE), (.SMEP, .SMEP), (.SMAP, .SMAP), (.UMIP, .UMIP),
            (.PAE, .PAE), (.PGE, .PGE), (.OSFXSR, .FXSR), (.OSXMMEXCPT, .SSE), (.TSD, .TSC), (.VME, .VME), (.DE, .DE),
        ]
        for (bit, feature) in bits { #expect(model.cr4.contains(bit) == leaves.has(feature), "\(feature)") }
        #expect(model.efer.contains(.LME) == leaves.has(.LM) && model.efer.contains(.NXE) == leaves.has(.NX))
    }

    @Test(arguments: CPUModel.allCases) func theLastLeavesReachWhatIsThere(_ model: CPUModel) throws {
        let leaves = try Self.leaves(model)
        let name = leaves[0]
        let vendor = [name.ebx, name.edx, name.ecx].flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        #expect(String(decoding: vendor, as: UTF8.self) == model.vendor)
        for bit in CPUIDBit.all where model.features.instructions.contains(bit.feature) {
            #expect(bit.leaf <= (bit.leaf < 0x8000_0000 ? leaves.last : leaves.lastExtended), "\(bit.feature)")
        }
        if leaves.has(.XSAVE) { #expect(leaves.last >= 0xD) }
        if leaves.has(.LM) { #expect(leaves.lastExtended >= 0x8000_0008 && leaves.last >= 4) }
        if leaves[1].ecx & 1 << 21 != 0 { #expect(leaves.last >= 0xB) }
        // Beyond the last one of either kind the last basic one answers, with its subleaves.
        for beyond in [leaves.last + 1, 0x4000_0000, 0x7FFF_FFFF, max(leaves.lastExtended, 0x8000_0000) + 1, 0xC000_0000, .max] {
            for subleaf in 0..<4 as Range<UInt32> {
                #expect(leaves[beyond, subleaf] == leaves[leaves.last, subleaf], "\(beyond) \(subleaf)")
            }
        }
    }

    @Test(arguments: CPUModel.allCases) func addressesAndTheName(_ model: CPUModel) throws {
        let leaves = try Self.leaves(model)
        #expect(leaves.has(.PAE) || model.physicalAddressBits == 32)
        guard leaves.lastExtended >= 0x8000_0004 else { return }
        let text = (0x8000_0002...0x8000_0004 as ClosedRange<UInt32>).flatMap { leaf in
            let part = leaves[leaf]
            return [part.eax, part.ebx, part.ecx, part.edx].flatMap { word in
                (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
            }
        }
        let end = try #require(text.firstIndex(of: 0), "48 bytes with a zero at the end")
        #expect(text[..<end].allSatisfy { (0x20..<0x7F).contains($0) } && text[end...].allSatisfy { $0 == 0 })
        #expect(String(decoding: text[..<end], as: UTF8.self).hasSuffix(model.rawValue))
        let sizes = leaves[0x8000_0008].eax
        #expect(sizes == UInt32(model.physicalAddressBits) | 48 << 8)
    }

    @Test(arguments: CPUModel.allCases) func cachesAreTheSameInAllLeaves(_ model: CPUModel) throws {
        let leaves = try Self.leaves(model)
        let flushed = (leaves[1].ebx >> 8 & 0xFF) * 8
        #expect((flushed == 64) == leaves.has(.CLFSH) && (flushed == 0) == !leaves.has(.CLFSH))
        guard leaves.has(.LM) else { return }
        var sizes: [UInt32: UInt32] = [:]
        for index in 0..<4 as Range<UInt32> {
            let (eax, ebx, ecx, _) = leaves[4, index]
            guard index < 3 else {
                #expect(eax == 0 && ebx == 0 && ecx == 0)
                continue
            }
            let (line, partitions, ways) = (ebx & 0xFFF + 1, ebx >> 12 & 0x3FF + 1, ebx >> 22 + 1)
            #expect(line == flushed && ways == 8)
            sizes[(eax >> 5 & 7) << 4 | eax & 0x1F] = line * partitions * ways * (ecx + 1)
        }
        // Data and code of the first level, all of the second.
        #expect(sizes == [0x11: 32 << 10, 0x12: 32 << 10, 0x23: 512 << 10])
        let second = leaves[0x8000_0006].ecx
        #expect(second >> 16 == 512 && second & 0xFF == flushed && second >> 12 & 0xF == 6)
        // 2Ch, 30h and 80h are these three.
        let described = leaves[2]
        let bytes = [described.eax >> 8, described.ebx, described.ecx, described.edx].flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        #expect(described.eax & 0xFF == 1 && [0x2C, 0x30, 0x80].allSatisfy(bytes.contains))
    }

    @Test(arguments: CPUModel.allCases) func theAreaOfXSAVEFollowsXCR0(_ model: CPUModel) throws {
        let leaves = try Self.leaves(model)
        guard leaves.has(.XSAVE) else {
            #expect(!leaves.has(.AVX) && model.xcr0 == .reset)
            return
        }
        let all = leaves[0xD]
        #expect(all.eax == UInt32(model.xcr0.rawValue) && all.edx == 0 && (all.eax & 4 != 0) == leaves.has(.AVX))
        for enabled in [[.x87], [.x87, .SSE], [.x87, .SSE, .AVX]] as [XCR0] where model.xcr0.isSuperset(of: enabled) {
            leaves.cpu.state.avx.xcr0 = enabled
            var (size, most) = (UInt32(576), UInt32(576))
            for component in 2..<64 as Range<UInt32> {
                let (bytes, offset, _, _) = leaves[0xD, component]
                let exists = component < 32 && all.eax >> component & 1 != 0
                #expect((bytes != 0) == exists, "component \(component)")
                guard exists else { continue }
                most = max(most, offset + bytes)
                if enabled.rawValue >> UInt64(component) & 1 != 0 { size = max(size, offset + bytes) }
            }
            #expect(leaves[0xD].ebx == size && leaves[0xD].ecx == most, "\(enabled)")
            let forms = leaves[0xD, 1]
            #expect((forms.eax & 1 != 0) == model.features.instructions.contains(.XSAVEOPT))
            // The compacted form of these components has no gaps. XSAVES and XGETBV with ECX = 1 are not there.
            #expect(forms.ebx == (forms.eax & 2 != 0 ? size : 0) && forms.eax & ~3 == 0)
        }
        // OSXSAVE is CR4's bit.
        for isSet in [false, true] {
            leaves.cpu.state.cr4 = isSet ? [.OSXSAVE] : []
            #expect((leaves[1].ecx >> 27 & 1 != 0) == isSet)
        }
    }

    @Test(arguments: CPUModel.allCases.filter(\.hasLocalAPIC)) func theArrangementIsTheSameInAllLeaves(_ model: CPUModel) throws {
        for (sockets, cores, threads) in [(1, 1, 1), (4, 1, 1), (1, 4, 1), (1, 2, 2), (2, 2, 2), (1, 3, 1), (1, 1, 2), (16, 1, 1)] {
            let topology = ProcessorTopology(sockets: sockets, cores: cores, threads: threads)
            let pc = try Self.machine(model, topology)
            for number in pc.processors.indices {
                let leaves = Leaves(pc: pc, number: number)
                let (ebx, edx) = (leaves[1].ebx, leaves[1].edx)
                #expect(ebx >> 24 == UInt32(number))
                #expect((edx >> 28 & 1 != 0) == (cores * threads > 1), "HTT")
                if edx >> 28 & 1 != 0 { #expect(ebx >> 16 & 0xFF == UInt32(cores * threads)) }
                guard leaves.has(.LM) else { continue }
                // Identifications that leaf 4 has room for: processors of a cache, cores of a package.
                let caches = leaves[4].eax
                let (sharers, room) = (Int(caches >> 14 & 0xFFF) + 1, Int(caches >> 26) + 1)
                #expect(sharers >= threads && sharers < 2 * threads && room >= cores && room < 2 * cores)
                guard model.hasX2APIC else { continue }
                for level in 0..<4 as Range<UInt32> {
                    let (shift, count, kind, id) = leaves[0xB, level]
                    #expect(id == UInt32(number) && kind & 0xFF == level)
                    let wanted = level == 0 ? threads : level == 1 ? cores * threads : 0
                    #expect(Int(count) == wanted && kind >> 8 == (level < 2 ? level + 1 : 0))
                    guard level < 2 else {
                        #expect(shift == 0)
                        continue
                    }
                    #expect(1 << Int(shift) >= wanted && 1 << Int(shift) < 2 * wanted)
                    #expect(number >> Int(shift) == number / (level == 0 ? threads : 1 << Int(shift)))
                }
                #expect(number >> Int(leaves[0xB, 1].eax) == number / (cores * threads), "the package")
            }
        }
    }
}
