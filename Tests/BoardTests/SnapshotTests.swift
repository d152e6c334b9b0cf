import Chips
import Disks
import Processor
import TestKit
import Testing
import Wiring

@testable import Board

@Suite struct SnapshotTests {
    /// A→C against A→B, save, new machine, B→C, with B at every instruction.
    @Test func savedAtEveryInstructionTheRestIsTheSame() throws {
        let end = SnapshotProgram.length + 400
        let whole = try SnapshotProgram.machine()
        _ = whole.run(until: end)
        #expect(whole.peek(physical: 0x500) >= 5 && whole.peek(physical: 0x502) >= 1, "timer interrupts and a trap")
        #expect(whole.peek(physical: 0x504) >= 2, "disk interrupts")
        #expect(whole.peek(physical: 0x800) == 7 && whole.peek(physical: 0x9FF) == 6, "a sector was read")

        let pc = try SnapshotProgram.machine()
        var seen = Seen()
        for tick in 0...SnapshotProgram.length {
            _ = pc.run(until: tick)
            seen.note(pc)
            let restored = try SnapshotProgram.restore(try SnapshotProgram.save(pc))
            try #require(restored.stateHash() == pc.stateHash(), "at tick \(tick)")
            _ = restored.run(until: end)
            try #require(restored.stateHash() == whole.stateHash(), "from tick \(tick)")
            try #require(writes(restored) == writes(whole), "the disk, from tick \(tick)")
        }
        #expect(seen.isComplete, "\(seen)")
    }

    /// Saved under one engine, continued under the other: a snapshot does not know which it was.
    @Test func aSnapshotContinuesUnderTheOtherEngine() throws {
        let end = SnapshotProgram.length + 400
        let whole = try SnapshotProgram.machine()
        _ = whole.run(until: end)
        for tick in stride(from: UInt64(0), through: SnapshotProgram.length, by: 23) {
            for saver in [Engine.blocks, .recompiled] {
                let pc = try SnapshotProgram.machine()
                try withExtendedLifetime(saver.use(on: pc.cpu)) {
                    _ = pc.run(until: tick)
                    let restored = try SnapshotProgram.restore(try SnapshotProgram.save(pc))
                    let engine = (saver == .blocks ? Engine.recompiled : .blocks).use(on: restored.cpu)
                    _ = withExtendedLifetime(engine) { restored.run(until: end) }
                    try #require(restored.stateHash() == whole.stateHash(), "saved under \(saver) at tick \(tick)")
                    try #require(writes(restored) == writes(whole), "the disk, saved under \(saver) at tick \(tick)")
                    let translated = saver == .blocks ? restored : pc
                    if tick == 460 { #expect(translated.cpu.nativeStatistics.instructions > 0, "\(saver)") }
                }
            }
        }
    }

    /// The program's own firmware is a ROM, another one is copied to RAM on the board without PCI: so it is in a machine that is restored.
    @Test(arguments: PC.Machine.allCases, [false, true])
    func theFirmwareGoesOnFromItsFirstInstruction(_ board: PC.Machine, isOther: Bool) throws {
        var configuration = PC.Configuration()
        configuration.machine = board
        configuration.memoryBytes = 1 << 20
        configuration.firmware = isOther ? Firmware.builtIn : nil
        let pc = try PC(configuration)
        _ = pc.run(until: 1)
        let restored = try SnapshotProgram.restore(try SnapshotProgram.save(pc)) { $0.disks = [] }
        for machine in [pc, restored] { _ = machine.run(until: 20_000) }
        #expect(pc.clock.instructions > 10_000 && pc.stateHash() == restored.stateHash())
    }

    private func writes(_ pc: PC) -> SectorWrites? { (pc.configuration.disks[0] as? Overlay)?.writes }

    /// The hard moments that were met.
    private struct Seen {
        var repetition = false
        var sti = false
        var stackSegment = false
        var interruptPending = false
        var sectorHalfRead = false
        var sectorHalfWritten = false
        var halted = false

        var isComplete: Bool {
            repetition && sti && stackSegment && interruptPending && sectorHalfRead && sectorHalfWritten && halted
        }

        mutating func note(_ pc: PC) {
            let state = pc.cpu.state
            let next = pc.peek(physical: state.cs.base + state.rip)
            if next == 0xF3, state.rcx != 0, state.rcx != 9, state.rcx != 256 { repetition = true }
            if next == 0xF3, pc.peek(physical: state.cs.base + state.rip + 1) == 0x6D, state.rcx == 100 { sectorHalfRead = true }
            if next == 0xF3, pc.peek(physical: state.cs.base + state.rip + 1) == 0x6F, state.rcx == 100 { sectorHalfWritten = true }
            if state.shadow == .sti { sti = true }
            if state.shadow == .stackSegment { stackSegment = true }
            if pc.parts.pic1.intr.isHigh { interruptPending = true }
            if state.activity == .halted { halted = true }
        }
    }

    /// Input that waits at the gate is part of the machine.
    @Test func keysAndBytesThatWaitAreSaved() throws {
        func started() throws -> PC {
            let pc = try SnapshotProgram.machine()
            _ = pc.run(until: 1000)
            pc.input.press([.shift, .a])
            pc.input.send(Array(repeating: 0x55, count: 3000), to: 0)
            return pc
        }
        let whole = try started()
        _ = whole.run(until: 200_000)
        let pc = try started()
        for tick: UInt64 in [1000, 1001, 2000, 16_000, 50_000, 100_001] {
            _ = pc.run(until: tick)
            let restored = try SnapshotProgram.restore(try SnapshotProgram.save(pc))
            _ = restored.run(until: 200_000)
            #expect(restored.stateHash() == whole.stateHash(), "from \(tick)")
            #expect(restored.input.state == whole.input.state)
        }
    }

    /// Bytes that wait enter at ticks that do not depend on the host's slices.
    @Test func inputEntersAtTheSameTicksHoweverARunIsSliced() throws {
        func ticks(slice: UInt64) throws -> [UInt64] {
            let pc = try SnapshotProgram.machine()
            var ticks: [UInt64] = []
            pc.input.onDelivery = { tick, _ in ticks.append(tick) }
            pc.input.send(Array(repeating: 0x55, count: 200), to: 0)
            while pc.clock.now < 300_000 { _ = pc.run(until: min(pc.clock.now + slice, 300_000)) }
            return ticks
        }
        let whole = try ticks(slice: 300_000)
        #expect(whole.count > 20)
        #expect(try ticks(slice: 333) == whole)
    }

    @Test func anEndedMachineStaysEnded() throws {
        let pc = try MachineTests.machine([0xB0, 0x21, 0xE6, 0xF4])
        #expect(pc.run(until: 1000) == .ended(.exit(code: 0x21)))
        let restored = try SnapshotProgram.restore(try SnapshotProgram.save(pc)) { $0.disks = [] }
        #expect(restored.run(until: 1000) == .ended(.exit(code: 0x21)))
    }

    /// IGNNE#'s latch and the level of FERR# belong together.
    @Test func aPendingCoprocessorErrorIsSaved() throws {
        // fninit; fldcw [cs:16] (nothing masked); fldz; fld1; fdivr st0,st1 … raises FERR#
        let code: [UInt8] = [
            0xDB, 0xE3, 0x2E, 0xD9, 0x2E, 0x10, 0x00, 0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9, 0x90, 0x90, 0xF4, 0x00, 0x03,
        ]
        let pc = try MachineTests.machine(code)
        _ = pc.run(until: 8)
        #expect(pc.cpu.isFERRAsserted && pc.parts.coprocessor.state.FERR)
        let restored = try SnapshotProgram.restore(try SnapshotProgram.save(pc)) { $0.disks = [] }
        #expect(restored.cpu.isFERRAsserted)
        #expect(restored.stateHash() == pc.stateHash())
    }

    @Test func everyFieldOfTheProcessorIsSaved() throws {
        var numbers = RandomNumbers(seed: 5)
        for _ in 0..<200 {
            var state = CPUState()
            withUnsafeMutableBytes(of: &state.x87.r3) {
                for index in 0..<10 { $0[index] = UInt8(truncatingIfNeeded: numbers.next()) }
            }
            state.rbx = numbers.next()
            state.r15 = numbers.next()
            state.sse.xmm9 = XMM(low: numbers.next(), high: numbers.next())
            state.tr = SegmentRegister(
                selector: 8, base: numbers.next(), limit: 7, attributes: UInt16(truncatingIfNeeded: numbers.next()))
            state.dr7 = DR7(rawValue: UInt32(truncatingIfNeeded: numbers.next()))
            state.shadow = .sti
            state.msr.sysenterEIP = numbers.next()
            let value = try StateEncoder.encode(state)
            #expect(try StateDecoder.decode(CPUState.self, from: value) == state)
        }
        guard case .record(let fields) = try StateEncoder.encode(CPUState()) else { throw SnapshotError.notASnapshot }
        #expect(fields.map(\.name) == Mirror(reflecting: CPUState()).children.compactMap(\.label))
    }

    @Test func valuesComeBackFromTheirBytes() throws {
        struct Inner: Codable, Equatable {
            var a: Int8 = -128
            var b: [[UInt8]] = [[], [1, 2]]
        }
        struct Outer: Codable, Equatable {
            var smallest = Int64.min
            var largest = UInt64.max
            var text = "Grüße"
            var missing: UInt8?
            var there: UInt8? = 7
            var inner = Inner()
            var list = [Inner(), Inner()]
            var words: [UInt32] = [1, .max]
            var none: [UInt32] = []
            var nobody: [Inner] = []
            var ending: PC.Ending? = .debugExit(status: 9)
        }
        var bytes: [UInt8] = []
        try StateEncoder.encode(Outer()).append(to: &bytes)
        let value = try #require(StateValue(parsing: bytes))
        #expect(try StateDecoder.decode(Outer.self, from: value) == Outer())
        for count in 0..<bytes.count { #expect(StateValue(parsing: Array(bytes[..<count])) == nil) }
        #expect(StateValue(parsing: bytes + [0]) == nil)
        #expect(throws: StateDecoder.Misfit(field: "a")) { try StateDecoder.decode(Inner.self, from: .record([])) }
        #expect(StateValue(parsing: Array(repeating: 8, count: 1) + [1] + Array(repeating: 8, count: 100)) == nil, "too deep")
    }
}
