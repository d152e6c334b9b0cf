import Chips
import Disks
import TestKit
import Testing
import Wiring

@testable import Board

/// The network card on the board: where the firmware puts it, and that its network is part of the machine's state.
@Suite struct NetworkMachineTests {
    private static let rings = (receive: UInt64(0x1_0000), transmit: UInt64(0x1_1000)), buffer: UInt64 = 0x1_2000,
        frame: UInt64 = 0x1_4000

    private static func machine(_ change: (inout PC.Configuration) -> Void = { _ in }) throws -> PC {
        var configuration = PC.Configuration()
        configuration.machine = .pc
        configuration.memoryBytes = 4 << 20
        configuration.network = NetworkConnection()
        change(&configuration)
        return try PC(configuration)
    }

    private static func base(_ pc: PC) throws -> UInt64 {
        try #require(pc.parts.pci?.card?.function.windows.first { $0.name == "e1000 BAR 0" }?.first)
    }

    /// Powered on, with a question by ARP on the cable.
    private static func asking(_ pc: PC) throws {
        _ = pc.run(until: 600_000)
        pc.bus.writePort(0xCF8, .doubleword, 0x8000_1804)
        pc.bus.writePort(0xCFC, .word, 7)
        let base = try base(pc)
        func store(_ register: UInt64, _ value: UInt64) {
            pc.bus.writeMemory(base + register, .doubleword, UInt32(truncatingIfNeeded: value))
        }
        func put(_ words: [UInt32], at address: UInt64) {
            for (number, word) in words.enumerated() { pc.bus.writeMemory(address + 4 * UInt64(number), .doubleword, word) }
        }
        put([UInt32(buffer), 0, 0, 0], at: rings.receive)
        put([UInt32(frame), 0, 0x0B00_002A, 0], at: rings.transmit)
        // To all, from 52:54:00:12:34:56, ARP: who has 10.0.2.2, tell 10.0.2.15.
        put(
            [
                0xFFFF_FFFF, 0x5452_FFFF, 0x5634_1200, 0x0100_0608, 0x0406_0008, 0x5452_0100, 0x5634_1200, 0x0F02_000A, 0,
                0x000A_0000, 0x0202,
            ],
            at: frame)
        for (register, value): (UInt64, UInt64) in [
            (0x2800, rings.receive), (0x2808, 128), (0x2818, 1), (0x3800, rings.transmit), (0x3808, 128), (0x100, 0x0400_8002),
            (0x400, 0xA),
            (0x3818, 1),
        ] { store(register, value) }
    }

    @Test func theFirmwareGivesTheCardItsPlace() throws {
        let pc = try Self.machine()
        _ = pc.run(until: 600_000)
        #expect(try Self.base(pc) >= 0xE000_0000)
        #expect(pc.parts.pci?.card?.function.interruptLine == 11)
    }

    @Test func anAnswerOnItsWayIsSaved() throws {
        var seen: [NetworkFrame] = []
        let pc = try Self.machine { $0.frameOutput = { seen.append($0) } }
        try Self.asking(pc)
        _ = pc.run(until: pc.clock.now + 5_000)
        #expect(seen.count == 1 && pc.peek(physical: Self.rings.receive + 12) == 0)
        let bytes = try SnapshotProgram.save(pc)
        let copy = try Self.restore(bytes)
        for machine in [pc, copy] { _ = machine.run(until: 700_000) }
        #expect(copy.peek(physical: Self.rings.receive + 12) & 3 == 3, "the answer is there")
        #expect(copy.peek(physical: Self.buffer + 21) == 2 && seen.count == 2)
        #expect(copy.stateHash() == pc.stateHash())
    }

    private static func restore(_ bytes: [UInt8], _ connection: NetworkConnection? = nil) throws -> PC {
        let snapshot = try Snapshot(source: SnapshotProgram.source(bytes))
        var configuration = PC.Configuration()
        configuration.network = connection
        let pc = try PC(snapshot.configuration(configuration))
        try snapshot.restore(pc)
        return pc
    }

    @Test func otherFilesAreRefused() throws {
        var connection = NetworkConnection()
        connection.files = [.init("kernel", [1, 2, 3])]
        let pc = try Self.machine { $0.network = connection }
        _ = pc.run(until: 1000)
        let bytes = try SnapshotProgram.save(pc)
        _ = try Self.restore(bytes, connection)
        #expect(throws: SnapshotError.otherNetwork) { try Self.restore(bytes) }
        connection.files = [.init("kernel", [1, 2, 4])]
        #expect(throws: SnapshotError.otherNetwork) { try Self.restore(bytes, connection) }
        _ = try Snapshot(source: SnapshotProgram.source(bytes)).verify()
        let recording = try #require(RunRecording(startOf: pc))
        #expect(try RunRecording(parsing: recording.text) == recording)
        let other = try Self.machine { $0.network = connection }
        _ = other.run(until: 1000)
        #expect(recording.misfit(other) == .networkDiffers)
    }

    @Test func impossibleCardsAreRefused() {
        #expect(throws: BoardError.networkWithoutPCI) { try Self.machine { $0.machine = .isa } }
        var connection = NetworkConnection()
        for address: [UInt8] in [[], [1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0]] {
            connection.address = address
            #expect(throws: BoardError.networkAddress(address)) { try Self.machine { $0.network = connection } }
        }
    }
}
