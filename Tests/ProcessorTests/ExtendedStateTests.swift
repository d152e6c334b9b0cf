import SoftFloat
import TestKit
import Testing
import X86

@testable import Processor

/// XSAVE and its like, XCR0, and who may execute AVX: SDM Vol. 1, chapters 13 and 14.
@Suite("AVX and XSAVE") struct ExtendedStateTests {
    private static let area = 0x4000
    private static let XSAVE: [UInt8] = [0x0F, 0xAE, 0x23]
    private static let XRSTOR: [UInt8] = [0x0F, 0xAE, 0x2B]
    private static let XSAVEOPT: [UInt8] = [0x0F, 0xAE, 0x33]
    private static let XSAVEC: [UInt8] = [0x0F, 0xC7, 0x23]
    /// VADDPS YMM0, YMM1, YMM2.
    private static let VADDPS: [UInt8] = [0xC5, 0xF4, 0x58, 0xC2]

    /// A processor at level 0 of flat 32-bit code, with all components enabled and EBX at the area.
    private func machine(_ model: CPUModel = .max, _ prepare: (inout CPUState) -> Void = { _ in }) -> FlatMachine {
        let machine = FlatMachine(model: model, megabytes: 1)
        var state = CPUState()
        state.cr0 = [.PE, .ET, .NE]
        state.cr4 = model.cr4.intersection([.OSFXSR, .OSXMMEXCPT, .OSXSAVE])
        state.avx.xcr0 = model.xcr0
        state.cs = SegmentRegister(selector: 8, base: 0, limit: .max, attributes: 0xC09B)
        let flat = SegmentRegister(selector: 16, base: 0, limit: .max, attributes: 0xC093)
        (state.ds, state.es, state.ss) = (flat, flat, flat)
        state.rip = 0x1000
        state.rbx = UInt64(Self.area)
        state.rax = 7
        state.rdx = 0
        state.x87.control = 0x37F
        state.x87.occupied = 0
        prepare(&state)
        machine.cpu.state = state
        return machine
    }

    private func run(_ code: [UInt8], on machine: FlatMachine) -> Fault? {
        machine.cpu.state.rip = 0x1000
        machine.write(0x1000, code)
        return machine.cpu.executeInstruction()
    }

    private func quad(_ offset: Int, _ machine: FlatMachine) -> UInt64 {
        machine.memory.load(fromByteOffset: Self.area + offset, as: UInt64.self)
    }

    @Test func whoMayExecuteAVX() {
        let changes: [((inout CPUState) -> Void, Fault?)] = [
            ({ _ in }, nil), ({ $0.cr4.remove(.OSXSAVE) }, .UD), ({ $0.avx.xcr0 = [.x87, .SSE] }, .UD),
            ({ $0.avx.xcr0 = .x87 }, .UD),
            ({ $0.cr0.insert(.TS) }, .NM), ({ $0.cr0.insert(.EM) }, nil), ({ $0.cr4.remove(.OSFXSR) }, nil),
        ]
        for (number, (change, fault)) in changes.enumerated() {
            #expect(run(Self.VADDPS, on: machine(.max, change)) == fault, "\(number)")
        }
        for model in CPUModel.allCases where !model.features.instructions.contains(.AVX) {
            #expect(run(Self.VADDPS, on: machine(model)) == .UD, "\(model)")
        }
        #expect(run(Self.VADDPS, on: machine(.x86_64v3)) == nil)
    }

    @Test func notInRealAddressMode() {
        // VADDPS and ANDN EAX, EBX, ECX.
        for code in [Self.VADDPS, [0xC4, 0xE2, 0x60, 0xF2, 0xC1]] {
            let real = machine(.max) { state in
                state.cr0.remove(.PE)
                state.cs = .realMode(0)
                (state.ds, state.es, state.ss) = (.realMode(0), .realMode(0), .realMode(0))
            }
            // The exception goes through the interrupt table.
            real.write32(6 * 4, 0x2000)
            _ = run(code, on: real)
            #expect(real.cpu.state.rip == 0x2000)
            #expect(run(code, on: machine()) == nil)
        }
    }

    @Test func whatVEXIsBesideLESAndLDS() {
        // LES EAX, [EBX]; a register in its place is a VEX prefix.
        let machine = machine()
        machine.write(Self.area, [1, 2, 3, 4, 0, 0])
        #expect(run([0xC4, 0x03], on: machine) == nil)
        #expect(machine.cpu.state.rax == 0x0403_0201 && machine.cpu.state.es.selector == 0)
        for model in [CPUModel.pentium4, .x86_64v2] {
            let decoder = Decoder(codeSize: .bits32, features: model.features.instructions)
            let refused = decoder.decode([0xC5, 0xF8, 0x28, 0xC1])
            #expect(refused.operation == .invalidOpcode && refused.length == 2, "no third byte is looked at")
        }
    }

    @Test func saveAndRestore() throws {
        let saved = machine { state in
            for number in 0..<16 as Range<UInt8> {
                state.sse[number] = XMM(low: UInt64(number) + 1, high: 0x1111)
                state.avx[number] = XMM(low: UInt64(number) + 0x100, high: 0x2222)
            }
            state.sse.mxcsr = MXCSR(rawValue: 0x9FC0)
            state.x87[0] = Extended(significand: 1 << 63, signExponent: 0x3FFF)
            state.x87.occupied = 1
        }
        let before = saved.cpu.state
        #expect(run(Self.XSAVE, on: saved) == nil)
        #expect(quad(512, saved) == 7 && quad(520, saved) == 0)
        #expect(quad(160 + 16 * 7, saved) == 8 && quad(160 + 16 * 8, saved) == 0, "eight registers outside 64-bit code")
        #expect(quad(576 + 16 * 7, saved) == 0x107 && quad(576 + 16 * 8, saved) == 0)
        var clear = saved.cpu.state
        for number in 0..<8 as Range<UInt8> { (clear.sse[number], clear.avx[number]) = (XMM(), XMM()) }
        clear.sse.mxcsr = .reset
        clear.x87 = X87State()
        saved.cpu.state = clear
        #expect(run(Self.XRSTOR, on: saved) == nil)
        let after = saved.cpu.state
        #expect(after.sse == before.sse && after.avx == before.avx && after.x87 == before.x87)
    }

    @Test func restoringWhatIsNotThereInitializes() {
        let machine = machine { state in
            state.sse[1] = XMM(low: 5)
            state.avx[1] = XMM(low: 6)
            state.x87.control = 0x300
        }
        machine.write32(Self.area + 24, 0x1F80)
        #expect(run(Self.XRSTOR, on: machine) == nil)
        var state = machine.cpu.state
        #expect(state.sse[1] == XMM() && state.avx[1] == XMM() && state.x87.control == 0x37F)
        // Components that are not asked for stay.
        machine.cpu.state.rax = 1
        machine.cpu.state.sse[1] = XMM(low: 5)
        #expect(run(Self.XRSTOR, on: machine) == nil)
        state = machine.cpu.state
        #expect(state.sse[1] == XMM(low: 5))
    }

    @Test func whatIsInitialIsLeftOut() {
        for (code, isCompacted) in [(Self.XSAVEOPT, false), (Self.XSAVEC, true)] {
            let machine = machine { $0.avx[2] = XMM(low: 9) }
            for offset in stride(from: 0, to: 832, by: 8) { machine.write64(Self.area + offset, .max) }
            machine.write64(Self.area + 512, 0)
            #expect(run(code, on: machine) == nil)
            #expect(quad(512, machine) == 4, "AVX alone is in use")
            #expect(quad(576 + 32, machine) == 9)
            #expect(quad(160, machine) == .max && quad(0, machine) == .max, "not written")
            let format: UInt64 = isCompacted ? 1 << 63 | 7 : .max
            #expect(quad(520, machine) == format)
        }
    }

    @Test func theCompactedFormIsRestored() {
        let machine = machine { $0.avx[2] = XMM(low: 9) }
        machine.write64(Self.area + 528, 0)
        for offset in stride(from: 528, to: 576, by: 8) { machine.write64(Self.area + offset, 0) }
        #expect(run(Self.XSAVEC, on: machine) == nil)
        machine.cpu.state.avx[2] = XMM()
        machine.cpu.state.sse.mxcsr = MXCSR(rawValue: 0x1FC0)
        #expect(run(Self.XRSTOR, on: machine) == nil)
        var state = machine.cpu.state
        #expect(state.avx[2] == XMM(low: 9) && state.sse.mxcsr == .reset, "MXCSR goes with SSE, which was initial")
        // Without XSAVEC there is no compacted form.
        let older = self.machine(.x86_64v3)
        older.write64(Self.area + 520, 1 << 63 | 7)
        older.write32(Self.area + 24, 0x1F80)
        #expect(run(Self.XRSTOR, on: older) == .GP(0))
    }

    @Test func badAreas() {
        func fault(_ code: [UInt8] = Self.XRSTOR, _ prepare: (FlatMachine) -> Void) -> Fault? {
            let machine = machine()
            machine.write32(Self.area + 24, 0x1F80)
            prepare(machine)
            return run(code, on: machine)
        }
        #expect(fault { _ in } == nil)
        #expect(fault { $0.cpu.state.rbx += 16 } == .GP(0), "aligned to 16 bytes alone")
        #expect(fault(Self.XSAVE) { $0.cpu.state.rbx += 32 } == .GP(0))
        #expect(fault { $0.write64(Self.area + 512, 8) } == .GP(0), "a component that XCR0 has not")
        #expect(fault { $0.write64(Self.area + 528, 1) } == .GP(0), "a reserved bit of the header")
        #expect(fault { $0.write32(Self.area + 24, 0x1_1F80) } == .GP(0), "a reserved bit of MXCSR")
        #expect(fault { $0.cpu.state.cr0.insert(.TS) } == .NM)
        #expect(fault { $0.cpu.state.cr4.remove(.OSXSAVE) } == .UD)
    }

    @Test func XCR0IsReadAndWritten() {
        let XGETBV: [UInt8] = [0x0F, 0x01, 0xD0]
        let XSETBV: [UInt8] = [0x0F, 0x01, 0xD1]
        for (value, fault) in [(1, nil), (3, nil), (7, nil), (0, .GP(0)), (2, .GP(0)), (5, .GP(0)), (0xF, .GP(0))]
            as [(UInt64, Fault?)]
        {
            let machine = machine { state in
                state.rcx = 0
                state.rax = value
            }
            #expect(run(XSETBV, on: machine) == fault, "\(value)")
            #expect(run(XGETBV, on: machine) == nil)
            #expect(machine.cpu.state.rax == (fault == nil ? value : 7))
        }
        #expect(run(XSETBV, on: machine { $0.cpl = 3 }) == .GP(0))
        #expect(run(XGETBV, on: machine { $0.rcx = 2 }) == .GP(0))
        #expect(
            run(
                XGETBV,
                on: machine { state in
                    state.rcx = 0
                    state.cr4.remove(.OSXSAVE)
                }) == .UD)
    }

    @Test func whatCPUIDSays() {
        let v3 = CPUModel.x86_64v3
        #expect(v3.cpuid(leaf: 0).eax == 0xD)
        // FMA, MOVBE, XSAVE, AVX, F16C; OSXSAVE shows CR4.
        let bits: UInt32 = 1 << 12 | 1 << 22 | 1 << 26 | 1 << 28 | 1 << 29
        #expect(v3.cpuid(leaf: 1).ecx & bits == bits && v3.cpuid(leaf: 1).ecx & 1 << 27 == 0)
        // BMI1, AVX2, BMI2.
        #expect(v3.cpuid(leaf: 7).ebx & (1 << 3 | 1 << 5 | 1 << 8) == 1 << 3 | 1 << 5 | 1 << 8)
        #expect(v3.cpuid(leaf: 0xD, subleaf: 0, enabled: [.x87, .SSE, .AVX]) == (7, 832, 832, 0))
        #expect(v3.cpuid(leaf: 0xD, subleaf: 0) == (7, 576, 832, 0))
        #expect(v3.cpuid(leaf: 0xD, subleaf: 1).eax == 1 && CPUModel.max.cpuid(leaf: 0xD, subleaf: 1).eax == 3)
        #expect(v3.cpuid(leaf: 0xD, subleaf: 2) == (256, 576, 0, 0))
        let machine = machine { state in
            state.rax = 1
            state.rcx = 0
        }
        #expect(run([0x0F, 0xA2], on: machine) == nil)
        #expect(machine.cpu.state.rcx & 1 << 27 != 0, "OSXSAVE")
    }

    @Test func RDPIDGivesTheNumberOfTheProcessor() {
        let machine = machine { $0.msr.tscAux = 0x1234 }
        #expect(run([0xF3, 0x0F, 0xC7, 0xF9], on: machine) == nil)
        #expect(machine.cpu.state.rcx == 0x1234)
    }

    @Test func INITKeepsWhatRESETDoesNot() {
        let machine = machine { $0.avx[3] = XMM(low: 9) }
        let before = machine.cpu.state.avx
        machine.cpu.initialize()
        #expect(machine.cpu.state.avx == before)
        machine.cpu.reset()
        #expect(machine.cpu.state.avx == AVXState())
    }

    /// 64-bit code saves sixteen XMM registers, and 64 bits of the last instruction's address by REX.W.
    @Test func theLegacyAreaOf64BitCode() {
        let machine = machine { state in
            state.sse[15] = XMM(low: 15)
            state.x87.FIP = 0x1_0000_0002
            state.cr0.insert(.PG)
            state.cr4.insert(.PAE)
            state.efer = [.LME, .LMA]
            state.cr3 = 0x8000
            state.cs = SegmentRegister(selector: 8, base: 0, limit: .max, attributes: 0xA09B)
        }
        // One page of 2 MBytes, 1:1.
        machine.write64(0x8000, 0x9003)
        machine.write64(0x9000, 0xA003)
        machine.write64(0xA000, 0x83)
        #expect(run([0x48, 0x0F, 0xAE, 0x03], on: machine) == nil)
        #expect(quad(160 + 16 * 15, machine) == 15 && quad(8, machine) == 0x1_0000_0002)
        machine.cpu.state.sse[15] = XMM()
        machine.cpu.state.x87.FIP = 0
        #expect(run([0x48, 0x0F, 0xAE, 0x0B], on: machine) == nil)
        var state = machine.cpu.state
        #expect(state.sse[15] == XMM(low: 15) && state.x87.FIP == 0x1_0000_0002)
    }
}
