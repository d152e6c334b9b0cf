import Testing
import Wiring

@testable import Chips

/// DMA as a driver does it (SFF-8038i, chapter 3): a table of descriptors, the command, the start bit, the interrupt.
@Suite struct ATABusMasterTests {
    /// Four megabytes of RAM; nothing behind them.
    private final class RAM: SystemMemory {
        var bytes = [UInt8](repeating: 0, count: 4 << 20)
        /// Bytes moved, wherever.
        var moved = 0

        func read(physical: UInt64, into buffer: UnsafeMutableRawBufferPointer, by initiator: Initiator) {
            moved += buffer.count
            for place in 0..<buffer.count {
                let address = physical + UInt64(place)
                buffer[place] = address < UInt64(bytes.count) ? bytes[Int(address)] : 0xFF
            }
        }
        func write(physical: UInt64, from buffer: UnsafeRawBufferPointer, by initiator: Initiator) {
            moved += buffer.count
            for place in 0..<buffer.count where physical + UInt64(place) < UInt64(bytes.count) {
                bytes[Int(physical) + place] = buffer[place]
            }
        }
        func put(_ value: UInt32, at address: Int) {
            for byte in 0..<4 { bytes[address + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
        }
        func table(_ entries: [(address: UInt32, count: UInt32)], at place: Int = 0x1000) {
            for (index, entry) in entries.enumerated() {
                put(entry.address, at: place + 8 * index)
                put(entry.count | (index == entries.count - 1 ? 1 << 31 : 0), at: place + 8 * index + 4)
            }
        }
    }

    private struct Rig {
        let host: ATAHost
        let other: ATAChannel
        let ide: PIIX3IDE
        let ram = RAM()

        init(_ host: ATAHost) {
            self.host = host
            other = ATAChannel(name: "ide1", clock: host.clock, master: nil, slave: nil, hasDMA: true)
            ide = PIIX3IDE(channels: (host.channel, other), memory: ram, diagnostics: host.diagnostics)
            host.onInterrupt = { [ide] in ide.interruptCame(from: 0) }
            ide.function.write(4, .word, 5)
        }

        func start(table: UInt32 = 0x1000, toMemory: Bool) {
            ide.write(offset: 0, value: toMemory ? 8 : 0)
            ide.write(offset: 2, value: 0x06)
            ide.write(offset: 4, width: .doubleword, value: table)
            ide.write(offset: 0, value: toMemory ? 9 : 1)
        }
        var status: UInt8 { ide.read(offset: 2) }
    }

    private func rig(sectors: Int = 600) -> (Rig, ATATestStore) {
        let store = ATATestStore(sectors: sectors)
        return (Rig(ATAHost(master: store, hasDMA: true)), store)
    }

    @Test func aReadIsScatteredByTheTable() {
        let (rig, store) = rig()
        rig.ram.table([(0x2000, 0x200), (0x3_0002, 0x400), (0x10_0000, 0)])
        rig.host.issue(0xC8, count: 130, lba: 5)
        rig.start(toMemory: true)
        #expect(rig.status == 0x01 && rig.host.alternateStatus & 0x80 != 0)
        rig.host.wait()
        #expect(rig.host.alternateStatus == 0x50 && rig.host.interrupts == 1, "one interrupt, at the end")
        #expect(rig.status == 0x05 || rig.status == 0x04)
        let expected = (5..<135).flatMap { store.sector($0) }
        #expect(Array(rig.ram.bytes[0x2000..<0x2200]) == Array(expected[..<0x200]))
        #expect(Array(rig.ram.bytes[0x3_0002..<0x3_0402]) == Array(expected[0x200..<0x600]))
        #expect(Array(rig.ram.bytes[0x10_0000..<0x10_0000 + 130 * 512 - 0x600]) == Array(expected[0x600...]))
        #expect(rig.ram.moved == 130 * 512 + 24)
    }

    @Test func aWriteIsGatheredAndTheOrderOfStartAndCommandIsFree() {
        let (rig, store) = rig()
        for place in 0..<1024 { rig.ram.bytes[0x5000 + place] = UInt8(truncatingIfNeeded: place &* 7) }
        rig.ram.table([(0x5000, 0x200), (0x5200, 0x200)])
        rig.start(toMemory: false)
        rig.host.issueExtended(0x35, count: 2, lba: 9)
        rig.host.wait()
        #expect(rig.status == 0x04 && rig.host.status == 0x50)
        #expect(store.sector(9) + store.sector(10) == Array(rig.ram.bytes[0x5000..<0x5400]))
    }

    @Test func tablesThatDoNotFitEndInAnError() {
        let (rig, _) = rig()
        // Too short: the drive waits for ever, until it is reset.
        rig.ram.table([(0x2000, 0x100)])
        rig.host.issue(0xC8, count: 1)
        rig.start(toMemory: true)
        rig.host.wait()
        #expect(rig.status == 0 && rig.host.alternateStatus & 0x80 != 0)
        #expect(rig.host.diagnostics.messages.contains { $0.contains("ends before the drive's data does") })
        rig.host.set(8, 4)
        rig.host.set(8, 0)
        rig.host.wait()
        // Too long: still active when the drive is done.
        rig.ram.table([(0x2000, 0x1000)])
        rig.host.issue(0xC8, count: 1)
        rig.start(toMemory: true)
        rig.host.wait()
        #expect(rig.status == 0x05)
        rig.ide.write(offset: 0, value: 0)
        #expect(rig.status == 0x04)
        // The wrong direction.
        rig.host.issue(0xC8, count: 1)
        rig.start(toMemory: false)
        rig.host.wait()
        #expect(rig.status == 0x02)
    }

    /// A table that fills its 64 KBytes and has no end, with windows into nothing: no more is moved than the drive has.
    @Test func aTableWithoutEndIsHarmless() {
        let (rig, _) = rig()
        for entry in 0..<0x2000 {
            rig.ram.put(0xFFFF_FFF0, at: 0x1_0000 + 8 * entry)
            rig.ram.put(2, at: 0x1_0000 + 8 * entry + 4)
        }
        rig.host.issue(0xC8, count: 0, lba: 0)
        rig.start(table: 0x1_8000, toMemory: true)
        rig.host.wait()
        #expect(rig.host.status == 0x50 && rig.ram.moved == 256 * 512 + 8 * 256 * 256)
    }

    @Test func nothingMovesWithoutTheRightToTheBus() {
        let (rig, store) = rig()
        rig.ide.function.write(4, .word, 1)
        rig.ram.table([(0x2000, 0x200)])
        rig.host.issue(0xC8, count: 1)
        rig.start(toMemory: true)
        rig.host.wait()
        #expect(rig.ram.moved == 0 && rig.host.interrupts == 0)
        rig.ide.function.write(4, .word, 5)
        rig.host.wait()
        #expect(Array(rig.ram.bytes[0x2000..<0x2200]) == store.sector(0) && rig.host.interrupts == 1)
    }

    @Test func aBadSectorEndsTheTransfer() {
        let (rig, store) = rig()
        store.badSectors = [3]
        rig.ram.table([(0x2000, 0x1000)])
        rig.host.issue(0xC8, count: 8)
        rig.start(toMemory: true)
        rig.host.wait()
        #expect(rig.host.status == 0x51 && rig.host.error == 0x40 && rig.host.register(3) == 3)
        #expect(rig.status == 0x05, "active and interrupting: the drive stopped early")
    }

    @Test func theDriveSaysWhatItCan() {
        let (rig, _) = rig()
        var words = rig.host.identify()
        #expect(words[49] & 0x100 != 0 && words[63] == 0x0407)
        rig.host.issue(0xEF, features: 3, count: 0x21)
        rig.host.wait()
        words = rig.host.identify()
        #expect(words[63] == 0x0207)
        rig.host.issue(0xEF, features: 3, count: 0x42)
        rig.host.wait()
        #expect(rig.host.status & 1 != 0, "no Ultra DMA")
        #expect(ATAHost(master: ATATestStore(sectors: 8)).identify()[63] == 0, "no DMA on the ISA bus")
    }

    @Test func aPacketsDataGoesByDMA() {
        let disc = ATATestStore(sectors: 400)
        let rig = Rig(ATAHost(master: nil, cdrom: CDROMMedia(stores: [disc], inserted: 0), hasDMA: true))
        _ = rig.host.packet([0x03, 0, 0, 0, 18])
        rig.ram.table([(0x2_0000, 0), (0x3_0000, 0)])
        rig.host.set(6, 0xA0)
        rig.host.set(1, 1)
        rig.host.set(7, 0xA0)
        rig.host.wait()
        rig.host.writeWords([0x28, 0, 0, 0, 0, 2, 0, 0, 40, 0, 0, 0])
        rig.start(toMemory: true)
        rig.host.wait()
        #expect(rig.host.status == 0x50 && rig.host.register(2) == 3)
        #expect(Array(rig.ram.bytes[0x2_0000..<0x2_0000 + 40 * 2048]) == Array(disc.bytes[4096..<4096 + 40 * 2048]))
    }

    /// States in the middle of a transfer go on in another machine.
    @Test func aTransferGoesOnFromAState() {
        let (rig, store) = rig()
        rig.ram.table([(0x2000, 0x8000), (0x2_0000, 0)])
        rig.host.issue(0xC8, count: 150)
        rig.start(toMemory: true)
        rig.host.clock.run(rig.host.clock.ticks(microseconds: 300))
        #expect(rig.ram.moved > 60_000 && rig.host.interrupts == 0, "\(rig.ram.moved)")
        let copy = Rig(ATAHost(master: store, hasDMA: true))
        copy.host.clock.skip(to: rig.host.clock.now)
        copy.ram.bytes = rig.ram.bytes
        copy.host.channel.state = rig.host.channel.state
        copy.ide.state = rig.ide.state
        copy.host.wait()
        rig.host.wait()
        #expect(copy.ram.bytes == rig.ram.bytes && copy.status == rig.status && copy.host.status == 0x50)
        #expect(Array(copy.ram.bytes[0x2_0000..<0x2_0000 + 150 * 512 - 0x8000]) == Array(store.bytes[0x8000..<150 * 512]))
    }

    @Test func randomAccessesAreHarmless() throws {
        let fuzz = Fuzz<PIIX3IDE>(offsets: 0..<16, longestWait: 100_000) { clock in
            let channels = ["ide0", "ide1"].map {
                ATAChannel(name: $0, clock: clock, master: ATATestStore(sectors: 64), slave: nil, hasDMA: true)
            }
            let ide = PIIX3IDE(channels: (channels[0], channels[1]), memory: RAM())
            ide.function.write(4, .word, 5)
            return ide
        } host: { ide, number in
            ide.function.write(Int(number & 0xFF), .byte, UInt32(truncatingIfNeeded: number >> 8))
        }
        try fuzz.run(operations: 1_000_000, seed: 7010)
        try fuzz.runHostileStates(seed: 7011)
    }

    /// Commands, tables and starts that do not belong together.
    @Test func randomTransfersAreHarmless() {
        let (rig, _) = rig(sectors: 64)
        var noise = Noise(seed: 8038)
        for _ in 0..<100_000 {
            switch noise.below(6) {
            case 0:
                rig.host.issue(
                    noise.element(of: [0xC8, 0xCA, 0x20, 0x30, 0xEC]), count: UInt8(noise.below(70)), lba: UInt64(noise.below(70)))
            case 1: rig.start(table: UInt32(truncatingIfNeeded: noise.next()) & 0x3F_FFFF, toMemory: noise.bool())
            case 2: for byte in 0..<8 { rig.ram.bytes[0x1000 + noise.below(64) + byte] = noise.byte() }
            case 3: rig.ide.write(offset: noise.below(16), value: noise.byte())
            case 4:
                rig.host.set(8, 4)
                rig.host.set(8, 0)
            default: rig.host.clock.run(UInt64(noise.below(50_000)))
            }
        }
        rig.host.wait()
    }
}
