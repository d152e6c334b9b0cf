import Chips
import Disks
import Testing
import Wiring

@testable import Board

/// A machine whose CD-ROM drive is given other discs while it runs: recorded, saved, taken back.
@Suite struct CDROMMachineTests {
    private static func disc(_ seed: Int, blocks: Int = 20) -> MemoryStore {
        MemoryStore(bytes: (0..<2048 * blocks).map { UInt8(truncatingIfNeeded: $0 / 64 &* seed &+ $0) }, isReadOnly: true)
    }

    /// TEST UNIT READY again and again; the Error register goes to 500h on, once for each.
    private static let code: [UInt8] = [
        // xor ax,ax; mov es,ax; mov ds,ax; mov di,500h; cld
        0x31, 0xC0, 0x8E, 0xC0, 0x8E, 0xD8, 0xBF, 0x00, 0x05, 0xFC,
        // again: mov dx,177h; mov al,0A0h; out dx,al; one: in al,dx; test al,80h; jnz one
        0xBA, 0x77, 0x01, 0xB0, 0xA0, 0xEE, 0xEC, 0xA8, 0x80, 0x75, 0xFB,
        // mov dx,170h; xor ax,ax; mov cx,6; word: out dx,ax; loop word
        0xBA, 0x70, 0x01, 0x31, 0xC0, 0xB9, 0x06, 0x00, 0xEF, 0xE2, 0xFD,
        // mov dx,177h; two: in al,dx; test al,80h; jnz two; mov dx,171h; in al,dx; stosb; jmp again
        0xBA, 0x77, 0x01, 0xEC, 0xA8, 0x80, 0x75, 0xFB, 0xBA, 0x71, 0x01, 0xEC, 0xAA, 0xEB, 0xDA,
    ]

    private func machine(_ change: (inout PC.Configuration) -> Void = { _ in }) throws -> PC {
        try MachineTests.machine(Self.code) {
            $0.memoryBytes = 1 << 20
            $0.ticksPerSecond = 1_000_000
            $0.cdrom = CDROMMedia(stores: [Self.disc(3), Self.disc(5)], inserted: 0)
            change(&$0)
        }
    }

    /// Error registers so far, each kept once while it stays the same.
    private func errors(_ pc: PC) -> [UInt8] {
        let bytes = (0..<4000).map { pc.peek(physical: 0x500 + UInt64($0)) }
        var list: [UInt8] = []
        for byte in bytes where byte != list.last { list.append(byte) }
        return list
    }

    private func run(_ pc: PC, _ go: (UInt64) -> Void) {
        go(4001)
        pc.input.changeMedium(to: nil)
        go(8001)
        pc.input.changeMedium(to: 1)
        go(12_001)
        // A moment is one after the input of its tick.
        go(12_001)
    }

    @Test func theGuestHearsOfEachChange() throws {
        let pc = try machine()
        run(pc) { _ = pc.run(until: $0) }
        #expect(errors(pc) == [1, 0x60, 0, 0x20, 0x60, 0], "reset, power-on, no disc, another one")
        #expect(pc.parts.ide1.cdromTray == CDROMTray(medium: 1, isOpen: false, isLocked: false))
    }

    @Test func theBootOrderIsInCMOS() throws {
        func order(_ change: (inout PC.Configuration) -> Void) throws -> UInt8 {
            let parts = try machine(change).parts
            parts.rtc.write(offset: 0, value: 0x3D)
            return parts.rtc.read(offset: 1)
        }
        #expect(try order { _ in } == 0x32)
        #expect(try order { $0.bootOrder = [.cdrom] } == 0x03)
        #expect(try order { $0.bootOrder = [.cdrom, .hardDisk] } == 0x23)
        #expect(try order { $0.cdrom = nil } == 0x02, "as it was before there was a drive")
        #expect(throws: BoardError.twoSecondaryMasters) { try machine { $0.disks = [nil, nil, Self.disc(1)] } }
    }

    /// Until the first reset, also in a machine that was saved before it.
    @Test func whatBootsFirstMayBootOnce() throws {
        func order(_ pc: PC) -> UInt8 {
            pc.parts.rtc.write(offset: 0, value: 0x3D)
            return pc.parts.rtc.read(offset: 1)
        }
        let pc = try machine {
            $0.bootOrder = [.hardDisk, .cdrom]
            $0.bootOrderOnce = [.cdrom]
        }
        #expect(order(pc) == 0x03)
        let saved = try SnapshotProgram.save(pc)
        let other = try SnapshotProgram.restore(saved) {
            $0.disks = []
            $0.cdrom = CDROMMedia(stores: [Self.disc(3), Self.disc(5)], inserted: 0)
        }
        for machine in [pc, other] {
            #expect(order(machine) == 0x03)
            machine.reset(.processor)
            #expect(order(machine) == 0x32)
            machine.reset(.machine)
            #expect(order(machine) == 0x32)
        }
    }

    @Test func aRecordedChangeRepeatsItself() throws {
        let pc = try machine()
        var recording = try #require(RunRecording(startOf: pc))
        pc.input.onDelivery = { recording.entries.append(RunRecording.Entry(tick: $0, input: $1)) }
        run(pc) { _ = pc.run(until: $0) }
        recording.end = pc.moment
        #expect(recording.entries.map(\.input) == [.medium(nil), .medium(1)])
        #expect(recording.text.contains("\n4001 eject\n8001 insert 1\n"))
        let read = try RunRecording(parsing: recording.text)
        #expect(read == recording)
        let other = try machine()
        #expect(read.misfit(other) == nil)
        other.input.replay(read.entries[...])
        _ = other.run(until: 12_001)
        #expect(other.moment == recording.end)
        #expect(read.misfit(try machine { $0.cdrom = nil }) == .mediaMissing)
        #expect(read.misfit(try machine { $0.cdrom?.stores.removeLast() }) == .mediaDiffer)
        #expect(read.misfit(try machine { $0.cdrom?.stores.reverse() }) == .mediaDiffer)
        let bare = try #require(RunRecording(startOf: try machine { $0.cdrom = nil }))
        #expect(bare.misfit(pc) == .mediaExtra)
        let empty = try #require(RunRecording(startOf: try machine { $0.cdrom = CDROMMedia(stores: [], inserted: nil) }))
        #expect(try RunRecording(parsing: empty.text + "") == empty && empty.media == [])
        for line in ["cdrom 5 8 \(StateHash())", "cdrom", "5 insert", "5 insert -1", "5 eject 1"] {
            #expect(throws: RecordingError.self) { try RunRecording(parsing: recording.text + line + "\n") }
        }
    }

    @Test func aSnapshotKnowsTheDiscThatIsIn() throws {
        let pc = try machine()
        run(pc) { _ = pc.run(until: $0) }
        pc.input.changeMedium(to: 0)
        let bytes = try SnapshotProgram.save(pc)
        func restored(_ change: (inout PC.Configuration) -> Void = { _ in }) throws -> PC {
            try SnapshotProgram.restore(bytes) {
                $0.disks = []
                $0.cdrom = CDROMMedia(stores: [Self.disc(3), Self.disc(5)], inserted: 0)
                change(&$0)
            }
        }
        let saved = pc.stateHash()
        let other = try restored()
        #expect(other.stateHash() == pc.stateHash() && other.parts.ide1.cdromTray?.medium == 1)
        for pc in [pc, other] { _ = pc.run(until: 15_001) }
        #expect(other.stateHash() == pc.stateHash() && other.parts.ide1.cdromTray?.medium == 0, "the change that waited came, too")
        #expect(try Snapshot(source: SnapshotProgram.source(bytes)).verify() == saved)
        let refusals: [(SnapshotError, (inout PC.Configuration) -> Void)] = [
            (.missingDrive, { $0.cdrom = nil }), (.mediaCount(1, wanted: 2), { $0.cdrom?.stores.removeLast() }),
            (.otherMedium(1), { $0.cdrom?.stores[1] = Self.disc(7) }), (.otherMedium(0), { $0.cdrom?.stores.reverse() }),
        ]
        for (error, change) in refusals { #expect(throws: error) { try restored(change) } }
        let bare = try SnapshotProgram.save(try machine { $0.cdrom = nil })
        #expect(throws: SnapshotError.extraDrive) {
            try SnapshotProgram.restore(bare) {
                $0.disks = []
                $0.cdrom = CDROMMedia(stores: [], inserted: nil)
            }
        }
    }

    @Test func aChangeIsTakenBackAndComesAgain() throws {
        let reference = try machine()
        run(reference) { _ = reference.run(until: $0) }
        let pc = try machine()
        var limits = Timeline.Limits()
        limits.interval = 1000
        let timeline = try Timeline(pc, limits: limits)
        run(pc) { timeline.go(to: $0) }
        #expect(pc.stateHash() == reference.stateHash())
        timeline.go(to: 3000)
        #expect(pc.parts.ide1.cdromTray?.medium == 0)
        timeline.go(to: 6000)
        #expect(pc.parts.ide1.cdromTray == CDROMTray(medium: nil, isOpen: true, isLocked: false))
        timeline.go(to: 12_001)
        #expect(pc.stateHash() == reference.stateHash())
    }
}
