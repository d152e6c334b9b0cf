import MachineKit
import Processor
import Testing

@testable import Board
@testable import Explanations

/// Tables with one mistake each, and the finding that names it.
@Suite struct AuditTests {
    /// A kernel with sound tables at 2 MB: GDT at 200000h, IDT at 201000h, TSS at 202000h, page directory at 203000h.
    private struct Kernel {
        let pc: PC
        static let (gdt, idt, tss, directory): (UInt64, UInt64, UInt64, UInt64) = (0x20_0000, 0x20_1000, 0x20_2000, 0x20_3000)

        init() throws {
            pc = try Guests.entered([0x90, 0xEB, 0xFD])
            let descriptors: [UInt64] = [
                0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF,
                0x0000_8B20_2000_0067,
            ]
            for (index, raw) in descriptors.enumerated() { write(Self.gdt + 8 * UInt64(index), raw) }
            for vector in 0..<256 as Range<UInt64> { write(Self.idt + 8 * vector, 0x0010_8E00_0008_1000) }
            write(Self.tss + 4, 0x10_0030_0000)
            write(Self.tss + 0x64, 0x68_0000)
            var state = pc.cpu.state
            state.gdtr = DescriptorTableRegister(base: Self.gdt, limit: 0x2F)
            state.idtr = DescriptorTableRegister(base: Self.idt, limit: 0x7FF)
            state.tr = SegmentRegister(selector: 0x28, base: Self.tss, limit: 0x67, attributes: 0x8B)
            for segment in [\CPUState.ss, \.ds, \.es, \.fs, \.gs] {
                state[keyPath: segment] = SegmentRegister(selector: 0x10, base: 0, limit: .max, attributes: 0xC093)
            }
            state.cs = SegmentRegister(selector: 0x08, base: 0, limit: .max, attributes: 0xC09B)
            state.rsp = 0x30_0000
            pc.cpu.state = state
        }

        func write(_ address: UInt64, _ value: UInt64) {
            pc.poke(physical: address, UInt32(truncatingIfNeeded: value))
            pc.poke(physical: address + 4, UInt32(truncatingIfNeeded: value >> 32))
        }

        func change(_ body: (inout CPUState) -> Void) {
            var state = pc.cpu.state
            body(&state)
            pc.cpu.state = state
        }

        /// One to one for 4 MB, tables included; rights in `flags`.
        func page(flags: UInt32 = 3) {
            pc.poke(physical: Self.directory, UInt32(Self.directory + 0x1000) | flags)
            for page in 0..<1024 as Range<UInt32> {
                pc.poke(physical: Self.directory + 0x1000 + 4 * UInt64(page), page << 12 | flags)
            }
            change {
                $0.cr3 = Self.directory
                $0.cr0.formUnion([.PG, .WP])
            }
        }

        func keys(_ table: Audit.Table) -> Set<String> { Set(Audit(table, of: pc).findings.map(\.key)) }
    }

    private func expect(_ table: Audit.Table, _ phrase: AuditPhrase, _ spoil: (Kernel) -> Void) throws {
        let kernel = try Kernel()
        #expect(!kernel.keys(table).contains(phrase.rawValue), "\(phrase) is found in sound tables")
        spoil(kernel)
        #expect(kernel.keys(table).contains(phrase.rawValue), "\(phrase) is not found: \(Audit(table, of: kernel.pc).text)")
    }

    @Test func soundTablesHaveNoMistakes() throws {
        let kernel = try Kernel()
        kernel.page()
        for table in [Audit.Table.gdt, .idt, .tss, .paging] {
            let wrong = Audit(table, of: kernel.pc).findings.filter { $0.weight != .note }
            #expect(wrong.isEmpty, "\(wrong)")
            #expect(!Audit(table, of: kernel.pc).listing.isEmpty)
        }
    }

    @Test func mistakesInTheGDT() throws {
        try expect(.gdt, .limitOdd) { $0.change { $0.gdtr.limit = 0x2E } }
        try expect(.gdt, .noDescriptor) { $0.change { $0.ds.selector = 0x38 } }
        try expect(.gdt, .hiddenDiffers) { $0.write(Kernel.gdt + 0x10, 0x00CF_9300_1000_FFFF) }
        try expect(.gdt, .reservedType) { $0.write(Kernel.gdt + 0x20, 0x0000_8800_0000_FFFF) }
        try expect(.gdt, .notPresent) { $0.write(Kernel.gdt + 0x18, 0x00CF_7B00_0000_FFFF) }
        try expect(.gdt, .granularityClear) { $0.write(Kernel.gdt + 0x18, 0x004F_FB00_0000_FFFF) }
        try expect(.gdt, .smallTSS) { $0.write(Kernel.gdt + 0x28, 0x0000_8B20_2000_0066) }
        try expect(.gdt, .tablesOverlap) { $0.change { $0.idtr.base = Kernel.gdt + 8 } }
        try expect(.gdt, .noUserStack) { $0.write(Kernel.gdt + 0x20, 0x00CF_9300_0000_FFFF) }
        try expect(.gdt, .wraps) { $0.write(Kernel.gdt + 0x20, 0x01CF_F300_0000_FFFF) }
        try expect(.gdt, .nullNotEmpty) { $0.write(Kernel.gdt, 1) }
        try expect(.gdt, .noGDT) { $0.change { $0.gdtr.limit = 0 } }
        try expect(.gdt, .userMayWrite) { $0.page(flags: 7) }
    }

    @Test func mistakesInTheIDT() throws {
        try expect(.idt, .exceptionEmpty) { $0.write(Kernel.idt + 8 * 13, 0) }
        try expect(.idt, .gateFails) { $0.write(Kernel.idt + 8 * 14, 0x0010_8E00_0010_1000) }
        try expect(.idt, .gateOpen) { $0.write(Kernel.idt + 8 * 13, 0x0010_EE00_0008_1000) }
        try expect(.idt, .systemCall) { $0.write(Kernel.idt + 8 * 0x80, 0x0010_EE00_0008_1000) }
        try expect(.idt, .gate16) { $0.write(Kernel.idt + 8 * 14, 0x0000_8600_0008_1000) }
        try expect(.idt, .trapForInterrupt) { $0.write(Kernel.idt + 8 * 8, 0x0010_8F00_0008_1000) }
        try expect(.idt, .shortIDT) { $0.change { $0.idtr.limit = 0x7F } }
        try expect(.idt, .limitOdd) { $0.change { $0.idtr.limit = 0x7FE } }
        try expect(.idt, .noIDT) { $0.change { $0.idtr.limit = 0 } }
        try expect(.idt, .handlerUnmapped) {
            $0.page()
            $0.write(Kernel.idt + 8 * 13, 0x0080_8E00_0008_1000)
        }
    }

    @Test func mistakesInTheTSS() throws {
        try expect(.tss, .stackSelectorBad) { $0.write(Kernel.tss + 4, 0x08_0030_0000) }
        try expect(.tss, .stackPointerZero) { $0.write(Kernel.tss + 4, 0x10_0000_0000) }
        try expect(.tss, .stackUnmapped) {
            $0.page()
            $0.write(Kernel.tss + 4, 0x10_0080_0000)
        }
        try expect(.tss, .TSSShort) { $0.change { $0.tr.limit = 0x66 } }
        try expect(.tss, .mapInside) { $0.write(Kernel.tss + 0x64, 0x60_0000) }
        try expect(.tss, .noTSS) { $0.change { $0.tr.selector = 0 } }
        try expect(.tss, .noDoubleFaultGate) { $0.write(Kernel.idt + 64, 0) }
        try expect(.tss, .notATSS) { $0.write(Kernel.gdt + 0x28, 0x00CF_9300_0000_FFFF) }
    }

    @Test func mistakesInPageTables() throws {
        try expect(.paging, .userWritesKernel) { $0.page(flags: 7) }
        try expect(.paging, .userOverKernel) { $0.page(flags: 5) }
        try expect(.paging, .tableMappedForUser) { $0.page(flags: 7) }
        try expect(.paging, .nullPage) { $0.page() }
        try expect(.paging, .noWriteProtect) {
            $0.page()
            $0.change { $0.cr0.remove(.WP) }
        }
        try expect(.paging, .noMemoryBehind) {
            $0.page()
            $0.pc.poke(physical: Kernel.directory + 0x1000, 0x8000_0003)
        }
        try expect(.paging, .tableNotRAM) {
            $0.page()
            $0.pc.poke(physical: Kernel.directory + 4, 0x8000_0003)
        }
        try expect(.paging, .bigWithoutPSE) {
            $0.page()
            $0.pc.poke(physical: Kernel.directory + 4, UInt32(Kernel.directory) + 0x1083)
        }
        try expect(.paging, .codeUnmapped) {
            $0.page()
            $0.pc.poke(physical: Kernel.directory + 0x1000 + 4 * 0x100, 0)
        }
        try expect(.paging, .reservedBit) {
            $0.page()
            $0.change { $0.cr4.insert(.PSE) }
            $0.pc.poke(physical: Kernel.directory + 4, 0x20_2083)
        }
        try expect(.paging, .directoryNotRAM) {
            $0.page()
            $0.change { $0.cr3 = 0xF000_0000 }
        }
    }

    @Test func mistakesAtTheInterruptControllers() throws {
        // As the BIOS leaves them: vectors 8 to Fh, in protected mode.
        #expect(try Kernel().keys(.pic).contains(AuditPhrase.vectorsOfExceptions.rawValue))
        func expect(_ phrase: AuditPhrase, _ spoil: (Kernel) -> Void) throws {
            let kernel = try Kernel()
            var (master, slave) = (kernel.pc.parts.pic1.state, kernel.pc.parts.pic2.state)
            (master.ICW2, slave.ICW2, master.ICW3, slave.ICW3, master.ICW4, slave.ICW4) = (0x20, 0x28, 4, 2, 1, 1)
            (master.IMR, slave.IMR, master.ISR, master.step, slave.step) = (0, 0xFF, 0, .ready, .ready)
            (kernel.pc.parts.pic2.state, kernel.pc.parts.pic1.state) = (slave, master)
            #expect(!kernel.keys(.pic).contains(phrase.rawValue), "\(phrase)")
            spoil(kernel)
            #expect(kernel.keys(.pic).contains(phrase.rawValue), "\(phrase): \(Audit(.pic, of: kernel.pc).text)")
        }
        try expect(.inService) { $0.pc.parts.pic1.state.ISR = 1 }
        try expect(.allMasked) { $0.pc.parts.pic1.state.IMR = 0xFF }
        try expect(.cascadeMasked) {
            $0.pc.parts.pic1.state.IMR = 4
            $0.pc.parts.pic2.state.IMR = 0xBF
        }
        try expect(.cascadeWrong) { $0.pc.parts.pic1.state.ICW3 = 8 }
        try expect(.sameVectors) { $0.pc.parts.pic2.state.ICW2 = 0x20 }
        try expect(.openWithoutGate) { $0.write(Kernel.idt + 8 * 0x21, 0) }
        try expect(.automaticEOI) { $0.pc.parts.pic1.state.ICW4 = 3 }
        try expect(.mode8080) { $0.pc.parts.pic1.state.ICW4 = 0 }
        try expect(.rotated) { $0.pc.parts.pic1.state.lowestPriority = 3 }
        try expect(.initializing) { $0.pc.parts.pic1.state.step = .ICW3 }
    }

    /// Registers that lead nowhere, or everywhere.
    @Test func auditsOfAnythingAreHarmless() throws {
        for value: UInt64 in [0, 0xFFFF_FFFF, 0x3F_FFFF, 0xA_0000, 0x1000] {
            for mode: CR0 in [[], [.PE], [.PE, .PG]] {
                for extensions: CR4 in [[], .PSE, .PAE] {
                    let kernel = try Kernel()
                    kernel.change {
                        ($0.cr0, $0.cr4, $0.cr3, $0.tr.base, $0.rsp) = (mode, extensions, value, value, value)
                        ($0.gdtr.base, $0.idtr.base, $0.gdtr.limit, $0.idtr.limit) = (value, value, 0xFFFF, 0xFFFF)
                        ($0.pdpte0, $0.pdpte3) = (value | 1, value | 1)
                    }
                    let before = kernel.pc.stateHash()
                    for table in Audit.Table.allCases { #expect(!Audit(table, of: kernel.pc).lines.isEmpty) }
                    #expect(!Explainer(kernel.pc).explain().lines.isEmpty)
                    #expect(kernel.pc.stateHash() == before)
                }
            }
        }
    }

    @Test func phrasesAreComplete() {
        for phrase in AuditPhrase.allCases { #expect(phrase.english != phrase.rawValue, "\(phrase)") }
        // These are English as they are.
        let plain: Set<Phrase> = [.refused, .above, .below, .equal, .greater, .less, .overflow]
        for phrase in Phrase.allCases { #expect(phrase.english != phrase.rawValue || plain.contains(phrase), "\(phrase)") }
    }
}
