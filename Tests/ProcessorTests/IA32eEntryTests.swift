import Processor
import TestKit
import Testing

/// The way into IA-32e mode and out of it, and the registers that it widens: SDM Vol. 3A, sections 2.2, 2.5 and 9.8.5.
@Suite struct IA32eEntryTests {
    private static let movToCR0: [UInt8] = [0x0F, 0x22, 0xC0]
    private static let movToCR3: [UInt8] = [0x0F, 0x22, 0xD8]
    private static let movToCR4: [UInt8] = [0x0F, 0x22, 0xE0]
    private static let wrmsr: [UInt8] = [0x0F, 0x30]
    private static let rdmsr: [UInt8] = [0x0F, 0x32]
    private static let EFER: UInt64 = 0xC000_0080

    private func write(_ bench: LongModeBench, msr: UInt64, _ value: UInt64) -> Fault? {
        (bench.state.rcx, bench.state.rax, bench.state.rdx) = (msr, value & 0xFFFF_FFFF, value >> 32)
        return bench.run(Self.wrmsr)
    }

    @Test func pagingWithLMEActivatesIt() {
        let bench = LongModeBench()
        bench.state = bench.atTheDoor
        bench.state.rax = 0x8001_0031
        #expect(bench.state.operatingMode == .protected)
        #expect(bench.run(Self.movToCR0) == nil)
        #expect(bench.state.efer.contains(.LMA) && bench.state.operatingMode == .compatibility)
        // JMP 08:00100010, and back to compatibility mode through memory.
        #expect(bench.run([0xEA, 0x10, 0x00, 0x10, 0x00, 0x08, 0x00]) == nil)
        #expect(bench.state.operatingMode == .bits64 && bench.state.rip == 0x10_0010)
        bench.machine.write64(0x3000, 0x0018_0010_0020)
        bench.state.rbx = 0x3000
        bench.state.rax = 0xFFFF_FFFF_0000_0001
        bench.state.r8 = .max
        #expect(bench.run([0xFF, 0x2B]) == nil)
        #expect(bench.state.operatingMode == .compatibility && bench.state.rip == 0x10_0020)
        #expect(bench.state.rax == 1 && bench.state.r8 == .max, "the upper half of RAX is not preserved, R8 is")
        bench.state.rax = 0x0001_0031
        #expect(bench.run(Self.movToCR0) == nil)
        #expect(bench.state.operatingMode == .protected && bench.state.efer.isSuperset(of: .LME))
    }

    @Test func illegalOrders() {
        func attempt(_ code: [UInt8], rax: UInt64, _ prepare: (inout CPUState) -> Void) -> Fault? {
            let bench = LongModeBench()
            bench.state = bench.atTheDoor
            bench.state.rax = rax
            prepare(&bench.state)
            return bench.run(code)
        }
        #expect(attempt(Self.movToCR0, rax: 0x8000_0001) { $0.cr4 = [] } == .GP(0), "PG without PAE")
        #expect(attempt(Self.movToCR0, rax: 0x8000_0001) { $0.cs.attributes = 0xA09B } == .GP(0), "PG in code with L")
        #expect(attempt(Self.movToCR0, rax: 0x8000_0001) { $0.tr.attributes = 0x83 } == .GP(0), "PG with a 16-bit TSS")
        #expect(attempt(Self.movToCR4, rax: 0x2_0020) { _ in } == .GP(0), "PCIDE outside IA-32e mode")

        let bench = LongModeBench()
        let tests: [(String, CPUState, [UInt8], UInt64)] = [
            ("PAE cleared", bench.ring0, Self.movToCR4, 0), ("PG cleared in 64-bit mode", bench.ring0, Self.movToCR0, 1),
            ("CR0 above bit 31", bench.ring0, Self.movToCR0, 0x1_8000_0001),
            ("CR4 above bit 31", bench.ring0, Self.movToCR4, 1 << 32 | 0x20),
            ("CR4 with an unknown bit", bench.ring0, Self.movToCR4, 0x1020),
            ("CR3 above MAXPHYADDR", bench.ring0, Self.movToCR3, 1 << 46),
            ("CR3 bit 63 without PCIDE", bench.ring0, Self.movToCR3, 1 << 63 | 0x4000),
        ]
        for (name, state, code, rax) in tests {
            bench.state = state
            bench.state.rax = rax
            #expect(bench.run(code) == .GP(0), "\(name)")
        }
        bench.state = bench.compatibility
        bench.state.cr4.insert(.PCIDE)
        bench.state.rax = 1
        #expect(bench.run(Self.movToCR0) == .GP(0), "PG cleared with PCIDE")
        bench.state = bench.ring0
        bench.state.cr3 |= 8
        bench.state.rax = 0x2_0020
        #expect(bench.run(Self.movToCR4) == .GP(0), "PCIDE with a PCID in CR3")
    }

    @Test func EFERChecks() {
        let bench = LongModeBench()
        #expect(write(bench, msr: Self.EFER, 0) == .GP(0), "LME cleared with paging")
        bench.state = bench.ring0
        #expect(write(bench, msr: Self.EFER, 0x2D00) == .GP(0), "a reserved bit")
        bench.state = bench.ring0
        #expect(write(bench, msr: Self.EFER, 0x101) == nil)
        #expect(bench.state.efer == [.LME, .LMA, .SCE], "LMA is the processor's")
        bench.state = bench.atTheDoor
        bench.state.cr0.insert(.PG)
        bench.state.efer = []
        bench.state.pdpte0 = UInt64(LongModeBench.Place.directory) | 1
        #expect(write(bench, msr: Self.EFER, 0x100) == .GP(0), "LME set with paging")
        for (model, value) in [(CPUModel.pentium4, UInt64(0x100)), (.pentium4, 1), (.pentium, 0x800)] {
            let old = LongModeBench(model)
            old.state = old.atTheDoor
            old.state.efer = []
            #expect(write(old, msr: Self.EFER, value) == .GP(0), "\(model)")
        }
    }

    @Test func longModeMSRs() {
        let bench = LongModeBench()
        for (msr, value) in [
            (UInt64(0xC000_0081), UInt64(0x0023_0010_1234_5678)), (0xC000_0082, 0xFFFF_8000_0000_1000),
            (0xC000_0083, 0x7FFF_FFFF_F000),
            (0xC000_0084, 0x47700), (0xC000_0100, 0x7F00_0000_0010), (0xC000_0101, 0xFFFF_8880_0000_0000), (0xC000_0102, 0x1234),
            (0xC000_0103, 7), (0x175, 0xFFFF_8000_0000_2000), (0x176, 0xFFFF_8000_0000_3000), (0x277, 0x0007_0406_0007_0106),
        ] {
            bench.state = bench.ring0
            #expect(write(bench, msr: msr, value) == nil, "\(String(msr, radix: 16))")
            (bench.state.rax, bench.state.rdx) = (.max, .max)
            bench.state.rip = UInt64(LongModeBench.Place.code)
            #expect(bench.run(Self.rdmsr) == nil)
            #expect(bench.state.rdx << 32 | bench.state.rax == value, "\(String(msr, radix: 16))")
        }
        for msr in [UInt64(0xC000_0082), 0xC000_0083, 0xC000_0100, 0xC000_0101, 0xC000_0102, 0x175, 0x176] {
            bench.state = bench.ring0
            #expect(write(bench, msr: msr, 0x8000_0000_0000) == .GP(0), "\(String(msr, radix: 16))")
        }
        bench.state = bench.ring0
        #expect(write(bench, msr: 0xC000_0084, 1 << 32) == .GP(0))
        bench.state = bench.ring0
        #expect(write(bench, msr: 0x277, 2) == .GP(0), "memory type 2 is reserved")
        let old = LongModeBench(.pentium4)
        old.state = old.atTheDoor
        old.state.efer = []
        #expect(write(old, msr: 0xC000_0082, 0) == .GP(0))
    }

    @Test func controlAndDebugRegistersHave64Bits() {
        let bench = LongModeBench()
        bench.state.rax = 0xFFFF_8000_0000_0001
        #expect(bench.run([0x0F, 0x22, 0xD0]) == nil)
        #expect(bench.state.cr2 == 0xFFFF_8000_0000_0001)
        bench.state.rax = 0xF
        #expect(bench.run([0x44, 0x0F, 0x22, 0xC0]) == nil)
        #expect(bench.run([0x44, 0x0F, 0x20, 0xC3]) == nil)
        #expect(bench.state.rbx == 0xF && bench.state.cr8 == 0xF)
        bench.state.rax = 0x10
        #expect(bench.run([0x44, 0x0F, 0x22, 0xC0]) == .GP(0))
        #expect(bench.run([0x44, 0x0F, 0x22, 0xC8]) == .UD, "CR9")
        #expect(bench.run([0x44, 0x0F, 0x23, 0xC0]) == .UD, "DR8")
        bench.state.rax = 0xFFFF_8000_0000_0010
        #expect(bench.run([0x0F, 0x23, 0xC0]) == nil)
        #expect(bench.state.dr0 == 0xFFFF_8000_0000_0010)
        #expect(bench.run([0x0F, 0x23, 0xF8]) == .GP(0), "DR7 above bit 31")
        #expect(bench.run([0x0F, 0x23, 0xF0]) == .GP(0), "DR6 above bit 31")
        #expect(bench.run([0x0F, 0x21, 0xC3]) == nil)
        #expect(bench.state.rbx == 0xFFFF_8000_0000_0010)
    }

    @Test func tablesHaveWideBasesAndDescriptors() {
        let bench = LongModeBench()
        bench.machine.write64(0x3000, 0x8000_0000_0000_1FFF)
        bench.machine.write64(0x3008, 0x0000_FFFF)
        bench.state.rbx = 0x3000
        #expect(bench.run([0x0F, 0x01, 0x13]) == nil)
        #expect(bench.state.gdtr == DescriptorTableRegister(base: 0xFFFF_8000_0000_0000, limit: 0x1FFF))
        #expect(bench.run([0x0F, 0x01, 0x43, 0x20]) == nil, "SGDT writes ten bytes")
        #expect(bench.machine.memory.loadUnaligned(fromByteOffset: 0x3022, as: UInt64.self) == 0xFFFF_8000_0000_0000)
        bench.machine.write64(0x3008, 0x0000_7FFF)
        #expect(bench.run([0x0F, 0x01, 0x1B]) == .GP(0), "LIDT with a base that is not canonical")

        bench.state = bench.ring0
        bench.machine.write64(LongModeBench.Place.gdt + 0x48, 0xFFFF_8000)
        bench.state.rax = UInt64(LongModeBench.Selector.tss)
        #expect(bench.run([0x0F, 0x00, 0xD8]) == nil)
        #expect(bench.state.tr.base == 0xFFFF_8000_0000_0000 | UInt64(LongModeBench.Place.tss) && bench.state.tr.type == 11)
        bench.machine.write64(LongModeBench.Place.gdt + 0x40, 0x0000_8900_0000_0067)
        bench.machine.write64(LongModeBench.Place.gdt + 0x48, 0x0800_0000_0000)
        #expect(bench.run([0x0F, 0x00, 0xD8]) == .GP(LongModeBench.Selector.tss), "type bits in the second half")
        bench.machine.write64(LongModeBench.Place.gdt + 0x48, 0x7FFF_8000)
        #expect(bench.run([0x0F, 0x00, 0xD8]) == .GP(LongModeBench.Selector.tss), "a base that is not canonical")
        bench.state.rax = UInt64(LongModeBench.Selector.ldt)
        #expect(bench.run([0x0F, 0x00, 0xD0]) == nil)
        bench.state.gdtr.limit = 0x57
        #expect(bench.run([0x0F, 0x00, 0xD0]) == .GP(LongModeBench.Selector.ldt), "the second half is beyond the limit")
    }

    @Test func UMIPAndTheBasesOfFSAndGS() {
        let bench = LongModeBench()
        for code in [[0x0F, 0x01, 0x03], [0x0F, 0x01, 0x0B], [0x0F, 0x00, 0xC0], [0x0F, 0x00, 0xC8], [0x0F, 0x01, 0xE0]]
            as [[UInt8]]
        {
            bench.state = bench.ring3
            bench.state.rbx = 0x3000
            #expect(bench.run(code) == nil)
            bench.state.cr4.insert(.UMIP)
            #expect(bench.run(code) == .GP(0))
            bench.state = bench.ring0
            bench.state.rbx = 0x3000
            bench.state.cr4.insert(.UMIP)
            #expect(bench.run(code) == nil)
        }
        bench.state = bench.ring3
        bench.state.rax = 0x7F00_1234_5678
        #expect(bench.run([0xF3, 0x48, 0x0F, 0xAE, 0xD0]) == .UD, "WRFSBASE without CR4.FSGSBASE")
        bench.state.cr4.insert(.FSGSBASE)
        #expect(bench.run([0xF3, 0x48, 0x0F, 0xAE, 0xD0]) == nil)
        #expect(bench.state.fs.base == 0x7F00_1234_5678)
        #expect(bench.run([0xF3, 0x0F, 0xAE, 0xC3]) == nil)
        #expect(bench.state.rbx == 0x1234_5678, "RDFSBASE EBX")
        bench.state.rax = 1 << 47
        #expect(bench.run([0xF3, 0x48, 0x0F, 0xAE, 0xD8]) == .GP(0), "WRGSBASE of an address that is not canonical")

        bench.state = bench.ring0
        (bench.state.gs.base, bench.state.msr.kernelGSBase) = (0x1000, 0xFFFF_8000_0000_0000)
        #expect(bench.run([0x0F, 0x01, 0xF8]) == nil)
        #expect(bench.state.gs.base == 0xFFFF_8000_0000_0000 && bench.state.msr.kernelGSBase == 0x1000)
        bench.state = bench.ring3
        #expect(bench.run([0x0F, 0x01, 0xF8]) == .GP(0))
        bench.state = bench.compatibility
        #expect(bench.run([0x0F, 0x01, 0xF8]) == .UD)
    }
}
