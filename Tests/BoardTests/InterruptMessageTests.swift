import Testing
import Wiring

@testable import Board
@testable import Chips

/// Interrupts that are writes to memory: SDM Vol. 3A, section 10.11.
@Suite struct InterruptMessageTests {
    private static func machine() throws -> PC {
        var configuration = PC.Configuration()
        configuration.machine = .pc
        configuration.memoryBytes = 2 << 20
        configuration.processors = .init(sockets: 4)
        let pc = try PC(configuration)
        for local in pc.parts.apic?.locals ?? [] { local.writeMemory(offset: 0xF0, width: .doubleword, value: 0x1FF) }
        return pc
    }

    private static func send(_ pc: PC, _ address: UInt64, _ data: UInt32) {
        withUnsafeBytes(of: data.littleEndian) { pc.bus.write(physical: address, from: $0, by: .busMaster("card")) }
    }

    /// The vectors that each processor is asked to serve, or nil.
    private static func vectors(_ pc: PC) -> [UInt8?] { pc.parts.apic?.locals.map { $0.state.IRR.highest } ?? [] }

    @Test func aBusMasterReachesTheProcessorThatItNames() throws {
        let pc = try Self.machine()
        // At the page where a processor has its own local APIC, too.
        Self.send(pc, 0xFEE0_0000, 0x4041)
        Self.send(pc, 0xFEE0_2000, 0x42)
        #expect(Self.vectors(pc) == [0x41, nil, 0x42, nil])
        Self.send(pc, 0xFEEF_F000, 0x51)
        #expect(Self.vectors(pc) == [0x51, 0x51, 0x51, 0x51])
        #expect(pc.parts.apic?.locals[0].acknowledge() == 0x51)
    }

    @Test func logicalDestinationsAndTheLowestPriority() throws {
        let pc = try Self.machine()
        for (number, local) in (pc.parts.apic?.locals ?? []).enumerated() {
            local.writeMemory(offset: 0xD0, width: .doubleword, value: 0x0100_0000 << UInt32(number))
            local.writeMemory(offset: 0x80, width: .doubleword, value: number == 2 ? 0 : 0x20)
        }
        Self.send(pc, 0xFEE0_A004, 0x61)
        #expect(Self.vectors(pc) == [nil, 0x61, nil, 0x61])
        Self.send(pc, 0xFEE0_F00C, 0x71)
        #expect(Self.vectors(pc) == [nil, 0x61, 0x71, 0x61], "redirected")
        Self.send(pc, 0xFEE0_F004, 0x172)
        #expect(Self.vectors(pc) == [nil, 0x61, 0x72, 0x61], "by the delivery mode")
    }

    @Test func modesAndLevels() throws {
        let pc = try Self.machine()
        Self.send(pc, 0xFEE0_1000, 0x8041)
        #expect(Self.vectors(pc)[1] == nil, "the end of a level")
        Self.send(pc, 0xFEE0_1000, 0xC041)
        #expect(Self.vectors(pc)[1] == 0x41 && pc.parts.apic?.locals[1].state.TMR[0x41] == true)
        var entries: [String] = []
        pc.log.listener = { entries.append($0.description) }
        Self.send(pc, 0xFEE0_2000, 0x341)
        Self.send(pc, 0xFEE0_2000, 0x641)
        Self.send(pc, 0xFEE0_2001, 0x41)
        #expect(Self.vectors(pc)[2] == nil && entries.contains { $0.contains("delivery mode 3, which is reserved") }, "\(entries)")
        #expect(entries.contains { $0.contains("not an aligned doubleword") })
    }

    /// What a processor writes at its own page is for its local APIC; behind that page it is a message, too.
    @Test func aProcessorSendsThemToo() throws {
        let pc = try Self.machine()
        pc.bus.writeMemory(0xFEE0_0080, .doubleword, 0x10)
        #expect(pc.parts.apic?.locals[0].state.TPR == 0x10)
        pc.bus.writeMemory(0xFEE0_3000, .doubleword, 0x43)
        #expect(Self.vectors(pc) == [nil, nil, nil, 0x43])
        #expect(pc.bus.readMemory(0xFEE0_3000, .doubleword) == .max)
        // A bus master does not see anybody's local APIC.
        var word: UInt32 = 0
        withUnsafeMutableBytes(of: &word) { pc.bus.read(physical: 0xFEE0_0020, into: $0, by: .busMaster("card")) }
        #expect(word == .max)
    }
}
