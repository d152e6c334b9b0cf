import TestKit
import Testing
import Wiring

@testable import Chips

@Suite("CD-ROM drive: packet commands (SPC-2, MMC-3)") struct CDROMPacketTests {
    private let disc = ATATestStore(sectors: 256)
    private let other = ATATestStore(sectors: 128)
    private let good: UInt8 = 0x50

    private func host(inserted: Int? = 0) -> ATAHost { ATAHost(discs: [disc, other], inserted: inserted) }

    private func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    @Test("power-on is told once as UNIT ATTENTION 29h; REQUEST SENSE and INQUIRY come before it") func powerOn() {
        let host = ATAHost(master: nil, cdrom: CDROMMedia(stores: [disc], inserted: 0))
        #expect(host.packet([0x12, 0, 0, 0, 36]).status == good)
        let first = host.testUnitReady
        #expect(first.status == 0x51 && first.error == 0x60 && first.reason == 0x03)
        #expect(host.sense == [6, 0x29, 0])
        #expect(host.testUnitReady.status == good && host.sense == [0, 0, 0])
        host.channel.reset()
        host.wait()
        #expect(host.sense == [6, 0x29, 0], "told by REQUEST SENSE, too")
        #expect(host.testUnitReady.status == good)
    }

    @Test("without a disc: 2/3A/01 with the tray closed, 2/3A/02 with it open; what is not about the disc works") func noMedium() {
        let host = host(inserted: nil)
        for packet: [UInt8] in [
            [0x00], [0x25], [0x28, 0, 0, 0, 0, 0, 0, 0, 1], [0xA8, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0x2B],
            [0x43, 0, 0, 0, 0, 0, 0, 0, 12],
            [0x51, 0, 0, 0, 0, 0, 0, 0, 34], [0xBE, 0, 0, 0, 0, 0, 0, 0, 1, 0x10],
        ] {
            let outcome = host.packet(packet)
            #expect(outcome.status == 0x51 && outcome.error == 0x20 && outcome.data.isEmpty, "packet \(packet[0])")
            #expect(host.sense == [2, 0x3A, 1])
        }
        #expect(host.packet([0x1B, 0, 0, 0, 2]).status == good)
        #expect(host.testUnitReady.error == 0x20 && host.sense == [2, 0x3A, 2])
        for packet: [UInt8] in [[0x12, 0, 0, 0, 36], [0x5A, 0, 0x2A, 0, 0, 0, 0, 0, 28], [0x46, 0, 0, 0, 0, 0, 0, 0, 8], [0xBD]] {
            #expect(host.packet(packet).status == good)
        }
    }

    @Test("INQUIRY: CD-ROM, removable, 36 bytes; vital product data is refused") func inquiry() {
        let data = host().packet([0x12, 0, 0, 0, 96]).data
        #expect(data.count == 36 && data[0] == 5 && data[1] == 0x80 && data[4] == 31)
        #expect(String(decoding: data[8..<32], as: UTF8.self) == "SWEMU   CD-ROM          ")
        let host = host()
        #expect(host.packet([0x12, 1, 0x80, 0, 36]).error == 0x54 && host.sense == [5, 0x24, 0])
    }

    @Test("READ CAPACITY, READ(10), READ(12), READ CD with user data give the same blocks; what is behind the end is 5/21")
    func reading() {
        let host = host()
        #expect(host.packet([0x25]).data == [0, 0, 0, 63, 0, 0, 8, 0])
        let wanted = Array(disc.bytes[2048 * 62..<2048 * 64])
        for packet: [UInt8] in [
            [0x28, 0, 0, 0, 0, 62, 0, 0, 2], [0xA8, 0, 0, 0, 0, 62, 0, 0, 0, 2], [0xBE, 0, 0, 0, 0, 62, 0, 0, 2, 0x10],
            [0xBE, 8, 0, 0, 0, 62, 0, 0, 2, 0x10],
        ] {
            let outcome = host.packet(packet)
            #expect(outcome.data == wanted && outcome.status == good)
        }
        for packet: [UInt8] in [
            [0x28, 0, 0, 0, 0, 62, 0, 0, 3], [0x28, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF],
            [0xA8, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0xA8, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF],
            [0xBE, 0, 0, 0, 0, 64, 0, 0, 1, 0x10], [0x2B, 0, 0, 0, 0, 64], [0x28, 0, 0, 0, 0, 65],
        ] {
            let outcome = host.packet(packet)
            #expect(outcome.error == 0x54 && outcome.data.isEmpty)
            #expect(host.sense == [5, 0x21, 0])
        }
        for packet: [UInt8] in [[0x28], [0xA8], [0xBE, 0, 0, 0, 0, 0, 0, 0, 1, 0], [0x2B, 0, 0, 0, 0, 63], [0xBB]] {
            let outcome = host.packet(packet)
            #expect(outcome.status == good && outcome.counts.isEmpty, "no data for \(packet[0])")
        }
        for (packet, sense) in [
            ([0xBE, 4, 0, 0, 0, 0, 0, 0, 1, 0x10], [5, 0x64, 0]), ([0xBE, 0, 0, 0, 0, 0, 0, 0, 1, 0xF8], [5, 0x24, 0]),
            ([0xBE, 0, 0, 0, 0, 0, 0, 0, 1, 0x10, 1], [5, 0x24, 0]),
        ] as [([UInt8], [UInt8])] {
            #expect(host.packet(packet).error == 0x54 && host.sense == sense)
        }
    }

    @Test("an unreadable block of the image is 3/11, after the good ones") func unreadable() {
        let disc = ATATestStore(sectors: 64)
        disc.badSectors = [4 * 5 + 2]
        let host = ATAHost(discs: [disc])
        let outcome = host.readBlocks(3, 4, limit: 2048)
        #expect(outcome.counts == [2048, 2048] && outcome.status == 0x51 && outcome.error == 0x30 && host.sense == [3, 0x11, 0])
    }

    @Test("an unknown operation is 5/20 and reported; sense lasts until the next command") func unknownOperation() {
        let host = host()
        #expect(host.packet([0x55, 0x10]).error == 0x54 && host.sense == [5, 0x20, 0] && host.sense == [0, 0, 0])
        #expect(host.diagnostics.messages.contains { $0.contains("55h") })
        _ = host.packet([0xFF])
        _ = host.testUnitReady
        #expect(host.sense == [0, 0, 0])
    }

    @Test("READ TOC: one data track and the lead-out, as blocks and as minutes; sessions; the format in the last byte")
    func tableOfContents() {
        let host = host()
        #expect(
            host.packet([0x43, 0, 0, 0, 0, 0, 0, 3, 0x24]).data
                == [0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xAA, 0, 0, 0, 0, 64])
        #expect(
            host.packet([0x43, 2, 0, 0, 0, 0, 0xAA, 0, 12]).data == [0, 10, 1, 1, 0, 0x14, 0xAA, 0, 0, 0, 2, 64], "64 + 150 frames")
        #expect(host.packet([0x43, 0, 0, 0, 0, 0, 0, 0, 4]).data == [0, 18, 1, 1])
        let sessions: [UInt8] = [0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0]
        #expect(host.packet([0x43, 0, 1, 0, 0, 0, 0, 0, 12]).data == sessions)
        #expect(host.packet([0x43, 0, 0, 0, 0, 0, 0, 0, 12, 0x40]).data == sessions)
        for packet: [UInt8] in [[0x43, 0, 0, 0, 0, 0, 2, 0, 12], [0x43, 0, 5, 0, 0, 0, 0, 0, 12]] {
            #expect(host.packet(packet).error == 0x54 && host.sense == [5, 0x24, 0])
        }
    }

    @Test(
        "MODE SENSE of both lengths: pages 01h and 2Ah, all, what is changeable; medium types; unknown pages and saved values refused"
    )
    func modeSense() {
        let host = host()
        let long = host.packet([0x5A, 0, 0x2A, 0, 0, 0, 0, 0, 128]).data
        #expect(long.count == 30 && number(long[..<2]) == 28 && long[2] == 0x01 && long[8] == 0x2A && long[9] == 20)
        #expect(long[14] == 0x29, "tray, eject, lock; not locked")
        let short = host.packet([0x1A, 0, 0x01, 0, 128]).data
        #expect(short == [11, 0x01, 0, 0, 0x01, 6, 0, 5, 0, 0, 0, 0])
        #expect(host.packet([0x1A, 0, 0x3F, 0, 128]).data.count == 4 + 8 + 22)
        #expect(host.packet([0x1A, 0, 0x41, 0, 128]).data.suffix(6) == [0, 0, 0, 0, 0, 0])
        for (packet, sense) in [([0x1A, 0, 0x0E, 0, 128], [5, 0x24, 0]), ([0x5A, 0, 0xEA, 0, 0, 0, 0, 0, 128], [5, 0x39, 0])]
            as [([UInt8], [UInt8])]
        {
            #expect(host.packet(packet).error == 0x54 && host.sense == sense)
        }
        _ = host.packet([0x1E, 0, 0, 0, 1])
        #expect(host.packet([0x1A, 0, 0x2A, 0, 128]).data[10] == 0x2B)
        _ = host.packet([0x1E])
        _ = host.packet([0x1B, 0, 0, 0, 2])
        #expect(host.packet([0x1A, 0, 0x01, 0, 4]).data == [11, 0x71, 0, 0])
        #expect(self.host(inserted: nil).packet([0x1A, 0, 0x01, 0, 2]).data == [11, 0x70])
    }

    @Test("START STOP UNIT moves the tray with the disc in it; locked it stays: 5/53/02; MECHANISM STATUS shows it") func tray() {
        let host = host()
        #expect(host.packet([0x1B, 0, 0, 0, 0]).status == good && host.packet([0x1B, 0, 0, 0, 1]).status == good)
        #expect(host.testUnitReady.status == good)
        _ = host.packet([0x1E, 0, 0, 0, 1])
        #expect(host.packet([0x1B, 0, 0, 0, 2]).error == 0x54 && host.sense == [5, 0x53, 2])
        _ = host.packet([0x1E, 0, 0, 0, 0])
        #expect(host.packet([0x1B, 0, 0, 0, 2]).status == good)
        #expect(host.testUnitReady.error == 0x20 && host.sense == [2, 0x3A, 2])
        #expect(host.packet([0xBD, 0, 0, 0, 0, 0, 0, 0, 0, 8]).data == [0, 0x10, 0, 0, 0, 1, 0, 0])
        #expect(host.mediaEvent == [3, 1])
        #expect(host.packet([0x1B, 0, 0, 0, 3]).status == good)
        #expect(host.testUnitReady.error == 0x60 && host.sense == [6, 0x28, 0] && host.mediaEvent == [2, 2])
        #expect(host.testUnitReady.status == good)
        _ = host.packet([0x1E, 0, 0, 0, 1])
        host.channel.reset()
        host.wait()
        #expect(host.channel.cdromTray?.isLocked == false)
    }

    @Test("a change from outside: UNIT ATTENTION 28h once, the new disc's capacity and blocks, events in order") func change() {
        let host = host()
        host.channel.changeMedium(to: 1)
        #expect(host.mediaEvent == [3, 2] && host.mediaEvent == [2, 2] && host.mediaEvent == [0, 2])
        #expect(host.readBlocks(0, 1).error == 0x60 && host.sense == [6, 0x28, 0])
        #expect(host.packet([0x25]).data == [0, 0, 0, 31, 0, 0, 8, 0])
        #expect(host.readBlocks(0, 1).data == Array(other.bytes[..<2048]))
        host.channel.changeMedium(to: nil)
        #expect(host.testUnitReady.error == 0x20 && host.sense == [2, 0x3A, 2] && host.mediaEvent == [3, 1])
        #expect(host.channel.cdromTray == CDROMTray(medium: nil, isOpen: true, isLocked: false))
        host.channel.changeMedium(to: 0)
        #expect(host.sense == [6, 0x28, 0] && host.mediaEvent == [2, 2] && host.testUnitReady.status == good)
        host.channel.changeMedium(to: 7)
        host.channel.changeMedium(to: -1)
        #expect(host.channel.cdromTray?.medium == 0, "discs that are not there")
    }

    @Test("locked, the button only tells the guest; it is told once, and kept while there is no room for it") func lockedChange() {
        let host = host()
        _ = host.packet([0x1E, 0, 0, 0, 1])
        host.channel.changeMedium(to: 1)
        #expect(host.channel.cdromTray == CDROMTray(medium: 0, isOpen: false, isLocked: true))
        #expect(host.testUnitReady.status == good)
        #expect(host.packet([0x4A, 1, 0, 0, 0x10, 0, 0, 0, 4]).data == [0, 6, 4, 0x10])
        #expect(host.mediaEvent == [1, 2] && host.mediaEvent == [0, 2])
        #expect(host.packet([0x4A, 1, 0, 0, 0x02, 0, 0, 0, 8]).data == [0, 2, 0x80, 0x10], "no other class")
        #expect(host.packet([0x4A, 0, 0, 0, 0x10, 0, 0, 0, 8]).error == 0x54, "not polled")
    }

    @Test("a disc that is changed in the middle of a transfer ends it with UNIT ATTENTION, one taken out with 2/3A") func torn() {
        for (number, sense) in [(1, [6, 0x28, 0]), (nil, [2, 0x3A, 2])] as [(Int?, [UInt8])] {
            let host = host()
            host.set(4, 0)
            host.set(5, 8)
            host.set(7, 0xA0)
            host.wait()
            host.writeWords([0x28, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0])
            host.wait()
            #expect(host.readWords(1024) == Array(disc.bytes[..<2048]))
            host.channel.changeMedium(to: number)
            host.wait()
            #expect(host.status == 0x51 && host.register(2) == 0x03 && host.sense == sense)
        }
    }

    @Test("GET CONFIGURATION: profiles CD-ROM and DVD-ROM by the disc's size, starting feature, one feature, current ones")
    func features() {
        let host = host()
        let all = host.packet([0x46, 0, 0, 0, 0, 0, 0, 2, 0]).data
        #expect(number(all[..<4]) == UInt64(all.count - 4) && number(all[6..<8]) == 8)
        #expect(all[8...].starts(with: [0, 0, 3, 8, 0, 0x10, 0, 0, 0, 8, 1, 0]))
        let one = host.packet([0x46, 2, 0, 0x10, 0, 0, 0, 2, 0]).data
        #expect(one == [0, 0, 0, 16, 0, 0, 0, 8, 0, 0x10, 1, 8, 0, 0, 8, 0, 0, 1, 0, 0])
        #expect(host.packet([0x46, 0, 0, 0x1F, 0, 0, 0, 2, 0]).data.suffix(4) == [0, 0x1F, 0, 0])
        #expect(host.packet([0x46, 1, 0, 0x1F, 0, 0, 0, 2, 0]).data.count == 8)
        #expect(host.packet([0x46, 3, 0, 0, 0, 0, 0, 2, 0]).error == 0x54)
        let dvd = ATAHost(discs: [ATATestStore(sectors: 1, claiming: 4 * 500_000)])
        #expect(number(dvd.packet([0x46, 0, 0, 0, 0, 0, 0, 0, 8]).data[6..<8]) == 0x10)
        #expect(dvd.packet([0x43, 2, 0, 0, 0, 0, 0xAA, 0, 12]).data.suffix(3) == [99, 59, 74], "addresses in minutes end there")
        #expect(number(self.host(inserted: nil).packet([0x46, 0, 0, 0, 0, 0, 0, 0, 8]).data[6..<8]) == 0)
    }

    @Test("READ DISC INFORMATION and READ TRACK INFORMATION: complete, one track of all blocks") func information() {
        let host = host()
        let disc = host.packet([0x51, 0, 0, 0, 0, 0, 0, 0, 64]).data
        #expect(disc.count == 34 && disc[1] == 32 && disc[2] == 0x0E)
        for packet: [UInt8] in [[0x52, 1, 0, 0, 0, 1, 0, 0, 64], [0x52, 0, 0, 0, 0, 5, 0, 0, 64]] {
            let track = host.packet(packet).data
            #expect(track.count == 36 && track[2] == 1 && number(track[24..<28]) == 64)
        }
        #expect(host.packet([0x52, 1, 0, 0, 0, 2, 0, 0, 64]).error == 0x54)
    }

    @Test("200,000 random accesses, half of them whole packets of random bytes, and discs that come and go: nothing traps")
    func fuzz() {
        var random = RandomNumbers(seed: 0xCD)
        let host = ATAHost(discs: [disc, ATATestStore(sectors: 1, claiming: .max), ATATestStore(sectors: 3), other])
        let known: [UInt8] = [
            0x00, 0x03, 0x12, 0x1A, 0x1B, 0x1E, 0x25, 0x28, 0x2B, 0x43, 0x46, 0x4A, 0x51, 0x52, 0x5A, 0xA8, 0xBB, 0xBD, 0xBE,
        ]
        func byte() -> UInt8 { UInt8(truncatingIfNeeded: random.next()) }
        func below(_ limit: UInt64) -> Int { Int(random.next() % limit) }
        for _ in 0..<200_000 {
            switch below(12) {
            case 0, 1:
                host.set(6, 0xA0)
                host.set(1, byte() & (byte() < 8 ? 3 : 0))
                host.set(4, byte())
                host.set(5, byte() < 100 ? 0 : byte())
                host.set(7, 0xA0)
                host.wait()
                var packet = (0..<12).map { _ in byte() < 100 ? 0 : byte() }
                if byte() > 20 { packet[0] = known[below(UInt64(known.count))] }
                host.writeWords(packet)
            case 2: host.set(7, [0xA0, 0xA1, 0x08, 0xEC, 0x90, 0xE6, 0xE5, 0xEF, byte()][below(9)])
            case 3: host.set(below(6) + 1, byte())
            case 4: _ = host.channel.read(offset: below(10), width: AccessWidth.allCases[below(3)])
            case 5:
                host.channel.write(
                    offset: below(10), width: AccessWidth.allCases[below(3)], value: UInt32(truncatingIfNeeded: random.next()))
            case 6, 7: _ = host.readWords(below(600))
            case 8: host.channel.changeMedium(to: [nil, 0, 1, 2, 3, 9][below(6)])
            case 9 where byte() < 16: host.set(8, byte())
            case 10 where byte() < 4: host.channel.reset()
            default: host.wait()
            }
            if host.diagnostics.messages.count > 1000 { host.diagnostics.messages.removeAll() }
        }
        host.set(8, 4)
        host.set(8, 0)
        host.wait()
        // What waited is heard first, or it would keep the tray locked.
        for _ in 0..<3 { _ = host.sense }
        _ = host.packet([0x1E])
        host.channel.changeMedium(to: 0)
        _ = host.sense
        #expect(host.readBlocks(1, 1).data == Array(disc.bytes[2048..<4096]))
    }

    @Test("hostile states neither trap nor hang") func hostileStates() throws {
        try Fuzz<ATAChannel>(
            offsets: 1..<9,
            make: { [disc, other] clock in
                let media = CDROMMedia(stores: [disc, other], inserted: 0)
                let channel = ATAChannel(name: "ide1", clock: clock, master: nil, slave: nil, cdrom: media)
                clock.run(100_000)
                for (offset, value) in [(4, 0), (5, 2), (7, 0xA0)] as [(Int, UInt8)] { channel.write(offset: offset, value: value) }
                clock.run(1000)
                for word: UInt32 in [0x28, 0, 0x0500, 0, 4, 0] { channel.write(offset: 0, width: .word, value: word) }
                return channel
            },
            host: { channel, number in
                switch number & 7 {
                case 0: channel.changeMedium(to: number & 8 == 0 ? nil : Int(number >> 4 & 1))
                case 1...3: for _ in 0..<(number >> 8 & 0xFFF) { _ = channel.read(offset: 0, width: .word) }
                default: for _ in 0..<6 { channel.write(offset: 0, width: .word, value: UInt32(number >> 16 & 0xFF)) }
                }
            }
        ).runHostileStates(seed: 0xD15C)
    }
}
