import SoftFloat
import TestKit
import Testing
import X86

@testable import Processor

/// An x87 unit with 4 KB of memory at 1000h; [EBX] is the operand everywhere.
struct X87Bench {
    let machine = X87VectorMachine(regions: [VectorRegion(base: 0x1000, size: 0x1000, rights: 3, fill: 0)], descriptors: [])
    var state = X87State()

    init() {
        machine.registers.general[3] = 0x1000
        state.initialize()
    }

    /// Executes one instruction; returns the fault.
    @discardableResult
    mutating func run(_ bytes: UInt8...) -> Fault? { run(bytes) }

    mutating func run(_ bytes: [UInt8]) -> Fault? {
        machine.instruction = Decoder(codeSize: .bits32, features: .all).decode(bytes)
        return withUnsafeMutablePointer(to: &state) { pointer in
            do throws(Fault) {
                try X87Unit(pointer, machine, machine.instruction).execute()
                return nil
            } catch { return error }
        }
    }

    mutating func poke(_ address: UInt64, _ value: UInt64, _ count: UInt64) {
        for index in 0..<count { machine.written[address + index] = UInt8(truncatingIfNeeded: value >> (index * 8)) }
    }

    func peek(_ address: UInt64, _ count: UInt64) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(machine.written[address + $1] ?? 0) << ($1 * 8) }
    }

    mutating func st(_ index: UInt8) -> Extended { state[state.status.top &+ index] }
}

@Suite("x87 unit") struct X87UnitTests {
    @Test func arithmeticInMemoryAndOnTheStack() {
        var bench = X87Bench()
        bench.poke(0x1000, 1.5.bitPattern, 8)
        bench.run(0xDD, 0x03)  // fld qword [ebx]
        bench.run(0xD9, 0xE8)  // fld1
        bench.run(0xDE, 0xC1)  // faddp
        bench.run(0xDC, 0x0B)  // fmul qword [ebx]
        bench.run(0xDD, 0x5B, 0x08)  // fstp qword [ebx+8]
        #expect(bench.peek(0x1008, 8) == 3.75.bitPattern)
        #expect(bench.state.occupied == 0 && bench.state.status.exceptions.isEmpty)
        #expect(bench.state.FOP == 0x55B && bench.state.FDP == 0x1008)
    }

    @Test func aStoreThatFaultsChangesNothing() {
        for bytes: [UInt8] in [
            [0xD9, 0x1B], [0xDD, 0x1B], [0xDB, 0x3B], [0xDB, 0x1B], [0xDF, 0x33], [0xDF, 0x3B], [0xDD, 0x33], [0xD9, 0x33],
        ] {
            var bench = X87Bench()
            bench.run(0xD9, 0xEB)  // fldpi
            bench.machine.registers.general[3] = 0x1FFF  // the operand crosses into nothing
            let before = bench.state
            #expect(bench.run(bytes) == Fault(14, errorCode: 7))
            #expect(bench.state == before && bench.machine.written.isEmpty)
        }
    }

    @Test func aLoadThatFaultsChangesNothing() {
        for bytes: [UInt8] in [
            [0xD9, 0x03], [0xDD, 0x03], [0xDB, 0x2B], [0xDF, 0x23], [0xD8, 0x03], [0xDA, 0x13], [0xDD, 0x23], [0xD9, 0x23],
            [0xD9, 0x2B],
        ] {
            var bench = X87Bench()
            bench.run(0xD9, 0xEB)
            bench.machine.registers.general[3] = 0x1FFF
            let before = bench.state
            #expect(bench.run(bytes) == Fault(14, errorCode: 5))
            #expect(bench.state == before)
        }
    }

    @Test func stackOverflowAndUnderflow() {
        var bench = X87Bench()
        for _ in 0..<8 { bench.run(0xD9, 0xE8) }
        bench.run(0xD9, 0xE8)
        #expect(bench.state.status.isSuperset(of: [.IE, .SF, .C1]) && bench.st(0) == .indefinite)
        bench.run(0xDB, 0xE3)  // fninit
        bench.run(0xDD, 0x1B)  // fstp qword [ebx] of nothing: the indefinite, popped
        #expect(bench.peek(0x1000, 8) == 0xFFF8_0000_0000_0000)
        #expect(bench.state.status.isSuperset(of: [.IE, .SF]) && !bench.state.status.contains(.C1) && bench.state.status.top == 1)
        // Unmasked, nothing is stored and nothing popped.
        bench.run(0xDB, 0xE3)
        bench.state.control &= ~1
        bench.machine.written = [:]
        bench.run(0xDD, 0x1B)
        #expect(bench.machine.written.isEmpty && bench.state.status.top == 0 && bench.state.status.contains(.ES))
    }

    @Test func onlyWaitingInstructionsReport() {
        var bench = X87Bench()
        bench.run(0xD9, 0xE8)
        bench.run(0xD9, 0xEE)  // fldz
        bench.state.control &= ~4
        #expect(bench.run(0xDE, 0xF9) == nil)  // fdivp: 1 / 0 raises now and is reported later
        #expect(bench.state.status.contains(.ES) && bench.st(0).isZero)
        #expect(bench.run(0x9B) == .MF)
        #expect(bench.run(0xD9, 0xE8) == .MF)
        #expect(bench.run(0xD9, 0xD0) == .MF)  // fnop waits in spite of its name
        for bytes: [UInt8] in [[0xDF, 0xE0], [0xDD, 0x3B], [0xD9, 0x3B], [0xD9, 0x33], [0xDB, 0xE0]] {
            bench.state.updateSummary()
            #expect(bench.run(bytes) == nil)
        }
        #expect(bench.machine.registers.general[0] & 0x84 == 0x84)
        bench.run(0xDB, 0xE2)  // fnclex
        #expect(bench.run(0x9B) == nil)
        // CR0.NE clear: the processor goes on once the board has been told.
        bench.state.control &= ~4
        bench.state.status.rawValue |= 4
        bench.state.updateSummary()
        bench.machine.throwsMF = false
        #expect(bench.run(0x9B) == nil)
    }

    /// The four layouts of SDM Vol. 1, figures 8-9 to 8-12.
    @Test func environmentLayouts() {
        for (wide, protected) in [(true, true), (true, false), (false, true), (false, false)] {
            var bench = X87Bench()
            bench.machine.storesSelectors = protected
            bench.run(0xD9, 0xE8)
            (bench.state.FCS, bench.state.FIP) = (0x1234, 0x5678)
            (bench.state.FDS, bench.state.FDP) = (0x4321, 0x8765)
            bench.state.FOP = 0x6AB
            let before = bench.state
            let prefix: [UInt8] = wide ? [] : [0x66]
            #expect(bench.run(prefix + [0xD9, 0x33]) == nil)  // fnstenv
            let (ip, dp): (UInt64, UInt64) = (0x1234 * 16 + 0x5678, 0x4321 * 16 + 0x8765)
            switch (wide, protected) {
            case (true, true):
                #expect(bench.peek(0x1008, 4) == 0xFFFF_3FFF && bench.peek(0x100C, 4) == 0x5678)
                #expect(bench.peek(0x1010, 4) == 0x06AB_1234 && bench.peek(0x1014, 4) == 0x8765)
                #expect(bench.peek(0x1018, 2) == 0x4321)
            case (true, false):
                #expect(bench.peek(0x100C, 2) == ip & 0xFFFF && bench.peek(0x1010, 4) == (ip >> 16) << 12 | 0x6AB)
                #expect(bench.peek(0x1014, 2) == dp & 0xFFFF && bench.peek(0x1018, 4) == (dp >> 16) << 12)
            case (false, true):
                #expect(bench.peek(0x1004, 2) == 0x3FFF && bench.peek(0x1006, 8) == 0x4321_8765_1234_5678)
            case (false, false):
                #expect(bench.peek(0x1006, 2) == ip & 0xFFFF && bench.peek(0x1008, 2) == (ip >> 16) << 12 | 0x6AB)
                #expect(bench.peek(0x100A, 2) == dp & 0xFFFF && bench.peek(0x100C, 2) == (dp >> 16) << 12)
            }
            #expect(bench.state.control == 0x37F)
            bench.state.initialize()
            #expect(bench.run(prefix + [0xD9, 0x23]) == nil)  // fldenv
            #expect(bench.state.status == before.status && bench.state.occupied == before.occupied)
            let linear = bench.state.FIP + UInt64(bench.state.FCS) * 16
            #expect(linear & 0xFFFFF == ip & 0xFFFFF)
        }
    }

    @Test func saveAndRestoreKeepEverything() {
        var bench = X87Bench()
        for opcode: UInt8 in 0xE8...0xED { bench.run(0xD9, opcode) }
        bench.run(0xD9, 0xF6)  // fdecstp
        let before = bench.state
        #expect(bench.run(0xDD, 0x33) == nil)  // fnsave
        #expect(bench.state.control == 0x37F && bench.state.occupied == 0 && bench.state.status.top == 0)
        for number in UInt8(0)..<8 { bench.state[number] = .infinity() }
        #expect(bench.run(0xDD, 0x23) == nil)  // frstor
        var after = bench.state
        // FNSTENV and FNSAVE do not store FOP in the 32-bit layout's own place for real mode only; the registers are the point here.
        (after.FOP, after.FIP, after.FCS) = (before.FOP, before.FIP, before.FCS)
        #expect(after == before)
    }

    /// No encoding, control word, status or register content may trap or hang.
    @Test func nothingTraps() {
        var bench = X87Bench()
        var samples = ExtendedSamples(seed: 0xF00D)
        for round in 0..<60_000 {
            for number in UInt8(0)..<8 { bench.state[number] = samples.number() }
            bench.state.control = UInt16(truncatingIfNeeded: samples.next())
            bench.state.status = X87Status(rawValue: UInt16(truncatingIfNeeded: samples.next()) & ~0x80)
            bench.state.occupied = UInt8(truncatingIfNeeded: samples.next() | samples.next())
            bench.machine.storesSelectors = round & 1 == 0
            bench.machine.registers.general[3] = 0x1000 + (samples.next() & 0xFFF)
            bench.poke(0x1000 + samples.next() & 0xFF8, samples.next(), 8)
            if round % 64 == 0 { bench.machine.written = [:] }
            let modRM = UInt8(truncatingIfNeeded: samples.next())
            let operand = modRM < 0xC0 ? modRM & 0x38 | 3 : modRM
            _ = bench.run([0xD8 + UInt8(round & 7), operand])
        }
    }
}
