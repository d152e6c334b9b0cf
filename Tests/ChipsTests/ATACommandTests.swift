import Foundation
import TestKit
import Testing
import Wiring

@testable import Chips

@Suite("ATA: commands (ATA/ATAPI-6, chapter 8)") struct ATACommandTests {
    private func text(_ words: ArraySlice<UInt16>) -> String {
        String(decoding: words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }, as: UTF8.self)
    }

    @Test("IDENTIFY DEVICE: geometry, capacities, names, features, checksum") func identify() {
        let host = ATAHost(master: ATATestStore(sectors: 1, claiming: 20_480))
        let words = host.identify()
        #expect(words[0] == 0x0040 && words[1] == 20 && words[3] == 16 && words[6] == 63)
        #expect(text(words[27...46]) == "SWEMU HARDDISK".padding(toLength: 40, withPad: " ", startingAt: 0))
        #expect(text(words[23...26]) == "1.0     " && text(words[10...19]).hasPrefix("SWEMU-IDE0-0 "))
        #expect(words[47] & 0xFF == 16 && words[49] & 0x0300 == 0x0200, "LBA, no DMA")
        #expect(words[54...56] == [20, 16, 63] && UInt32(words[58]) << 16 | UInt32(words[57]) == 20 * 16 * 63)
        #expect(words[60] == 20_480 && words[61] == 0 && words[100] == 20_480 && words[101...103] == [0, 0, 0])
        #expect(words[83] == 0x7400 && words[63] == 0 && words[88] == 0)
        let sum = words.reduce(UInt8(0)) { $0 &+ UInt8($1 & 0xFF) &+ UInt8($1 >> 8) }
        #expect(sum == 0 && words[255] & 0xFF == 0xA5)
        #expect(host.status == 0x50 && host.diagnostics.messages.isEmpty)
    }

    @Test("capacities: CHS stops at 16383 cylinders, LBA28 at 0FFFFFFFh, LBA48 tells all") func largeDisk() {
        let sectors: UInt64 = 0x1_2345_6789
        let host = ATAHost(master: ATATestStore(sectors: 1, claiming: sectors))
        let words = host.identify()
        #expect(words[1] == 16383 && words[60] == 0xFFFF && words[61] == 0x0FFF)
        #expect(words[100...103] == [0x6789, 0x2345, 0x0001, 0])
        host.issueExtended(0x24, count: 1, lba: sectors - 1)
        host.wait()
        #expect(host.status == 0x58)
        _ = host.readWords(256)
        host.issueExtended(0x24, count: 2, lba: sectors - 1)
        host.wait()
        #expect(host.status == 0x51 && host.error == 0x10)
        #expect([3, 4, 5].map(host.register) == [0x89, 0x67, 0x45])
        host.set(8, 0x80)
        #expect([3, 4, 5].map(host.register) == [0x23, 0x01, 0x00])
        host.issueExtended(0x27, count: 0, lba: 0)
        host.wait()
        #expect([3, 4, 5].map(host.register) == [0x88, 0x67, 0x45] && host.status == 0x50)
        host.issue(0xF8)
        host.wait()
        #expect([3, 4, 5].map(host.register) == [0xFE, 0xFF, 0xFF] && host.register(6) & 0x0F == 0x0F)
    }

    @Test("a sector that does not exist: IDNF, its address in the registers, nothing moved") func idNotFound() {
        let store = ATATestStore(sectors: 64)
        let host = ATAHost(master: store)
        for (command, count, lba, bad) in [
            (0x20, 1, 64, 64), (0x20, 2, 63, 64), (0x30, 1, 1000, 1000), (0x30, 0, 0, 64), (0x40, 65, 0, 64), (0x70, 0, 64, 64),
        ] as [(UInt8, UInt8, UInt64, UInt16)] {
            host.issue(command, count: count, lba: lba)
            host.wait()
            #expect(host.channel.INTRQ.isHigh && host.status == 0x51 && host.error == 0x10, "command \(command)")
            #expect(command == 0x70 || host.register(3) == UInt8(truncatingIfNeeded: bad) && host.register(4) == UInt8(bad >> 8))
        }
        for (cylinder, head, sector) in [(0, 0, 0), (0, 0, 64), (1, 0, 1)] as [(UInt16, UInt8, UInt8)] {
            host.issueCHS(0x20, count: 1, cylinder: cylinder, head: head, sector: sector)
            host.wait()
            #expect(host.status == 0x51 && host.error == 0x10)
        }
    }

    @Test("a listener hears each command, and again when it fails") func requestsAreHeard() {
        let host = ATAHost(master: ATATestStore(sectors: 64))
        var heard: [ATARequest] = []
        host.channel.onRequest = { heard.append($0) }
        for (command, count, lba) in [(0x40, 2, 7), (0xE7, 0, 0), (0x30, 1, 64), (0xF9, 0, 0)] as [(UInt8, UInt8, UInt64)] {
            host.issue(command, count: count, lba: lba)
            host.wait()
        }
        #expect(
            heard.map(\.command) == [
                "READ VERIFY SECTOR(S)", "FLUSH CACHE", "WRITE SECTOR(S)", "WRITE SECTOR(S)", "SET MAX ADDRESS", "SET MAX ADDRESS",
            ])
        #expect(heard.map(\.sector) == [7, nil, 64, 64, nil, nil] && heard.map(\.count) == [2, nil, 1, nil, nil, nil])
        #expect(heard.map(\.error) == [nil, nil, nil, "IDNF", nil, "ABRT"])
        host.channel.onRequest = nil
        host.issue(0x20, count: 1, lba: 0)
        host.wait()
        #expect(heard.count == 6)
    }

    @Test("an unreadable sector is UNC after the good ones; a failed write is a device fault; read-only is ABRT and WP")
    func hostErrors() {
        let store = ATATestStore(sectors: 64)
        store.badSectors = [6]
        let host = ATAHost(master: store)
        host.issue(0x20, count: 4, lba: 5)
        host.wait()
        #expect(host.readWords(256) == store.sector(5))
        host.wait()
        #expect(host.channel.INTRQ.isHigh && host.status == 0x51 && host.error == 0x40 && host.register(3) == 6)
        host.issue(0x30, count: 1, lba: 6)
        host.wait()
        host.writeWords([UInt8](repeating: 0, count: 512))
        host.wait()
        #expect(host.status == 0x71 && host.error == 0x04)
        host.issue(0x40, count: 4, lba: 4)
        host.wait()
        #expect(host.status == 0x51 && host.error == 0x40 && host.register(3) == 6)
        for command in [0xC4, 0xC5] as [UInt8] {
            host.issue(command, count: 8, lba: 3)
            host.wait()
            if command == 0xC5 { host.writeWords([UInt8](repeating: 0x3C, count: 8 * 512)) }
            host.wait()
            #expect(host.alternateStatus & 0x01 != 0 && host.register(3) == 6, "the sector within the block")
        }
        #expect(store.sector(5) == [UInt8](repeating: 0x3C, count: 512), "the sectors before it were written")
        host.diagnostics.messages.removeLast(2)
        #expect(host.diagnostics.messages.count == 3)
        store.isReadOnly = true
        host.issue(0x30, count: 1, lba: 1)
        host.wait()
        #expect(host.status == 0x51 && host.error == 0x44)
        store.flushFails = true
        host.issue(0xE7)
        host.wait()
        #expect(host.status == 0x71 && host.error == 0x04)
    }

    @Test("FLUSH CACHE and FLUSH CACHE EXT reach the store before they end; so does turning the write cache off") func flush() {
        let store = ATATestStore(sectors: 64)
        let host = ATAHost(master: store)
        for (number, command) in ([0xE7, 0xEA] as [UInt8]).enumerated() {
            host.issue(command)
            host.wait()
            #expect(store.flushes == number + 1 && host.status == 0x50)
        }
        host.issue(0xEF, features: 0x82)
        host.wait()
        #expect(store.flushes == 3 && host.identify()[85] & 0x20 == 0)
        host.issue(0xEF, features: 0x02)
        host.wait()
        #expect(host.identify()[85] & 0x20 != 0)
    }

    @Test("SET FEATURES: PIO modes are taken, DMA modes and unknown subcommands aborted") func setFeatures() {
        let host = ATAHost(master: ATATestStore(sectors: 64))
        for (features, count, works) in [
            (0x03, 0x00, true), (0x03, 0x08, true), (0x03, 0x0C, true), (0x03, 0x0D, false), (0x03, 0x20, false),
            (0x03, 0x42, false),
            (0x66, 0, true), (0xCC, 0, true), (0x55, 0, true), (0xAA, 0, true), (0x05, 0, false), (0x99, 0, false),
        ] as [(UInt8, UInt8, Bool)] {
            host.issue(0xEF, features: features, count: count)
            host.wait()
            #expect((host.status, host.error) == (works ? (0x50, 0) : (0x51, 0x04)), "features \(features) count \(count)")
        }
    }

    @Test("INITIALIZE DEVICE PARAMETERS changes the translation that CHS commands and IDENTIFY use") func translation() {
        let store = ATATestStore(sectors: 1000)
        let host = ATAHost(master: store)
        host.issue(0x91, count: 10, device: 0xA3)
        host.wait()
        #expect(host.status == 0x50)
        let words = host.identify()
        #expect(words[54...56] == [25, 4, 10] && words[57] == 1000 && words[6] == 63)
        host.issueCHS(0x20, count: 1, cylinder: 2, head: 3, sector: 10)
        host.wait()
        #expect(host.readWords(256) == store.sector(119))
        host.issueCHS(0x20, count: 1, cylinder: 0, head: 4, sector: 1)
        host.wait()
        #expect(host.error == 0x10)
        host.issue(0x91, count: 0, device: 0xA3)
        host.wait()
        #expect(host.error == 0x04)
    }

    @Test("power modes: CHECK POWER MODE tells, media access wakes, SLEEP needs a reset") func power() {
        let host = ATAHost(master: ATATestStore(sectors: 64))
        func mode() -> UInt8 {
            host.issue(0xE5)
            host.wait()
            return host.register(2)
        }
        #expect(mode() == 0xFF)
        for (command, expected) in [(0xE0, 0x00), (0xE1, 0x80), (0xE2, 0x00), (0xE3, 0x80), (0x94, 0x00), (0x95, 0x80)]
            as [(UInt8, UInt8)]
        {
            host.issue(command)
            host.wait()
            #expect(host.status == 0x50 && mode() == expected)
        }
        host.issue(0x40, count: 1)
        host.wait()
        #expect(mode() == 0xFF)
        host.issue(0xE6)
        host.wait()
        #expect(host.status == 0x50)
        host.issue(0xEC)
        host.wait()
        #expect(host.status == 0x50 && !host.channel.INTRQ.isHigh && host.diagnostics.messages.count == 1)
        host.set(8, 4)
        host.set(8, 0)
        host.wait()
        #expect(mode() == 0xFF)
    }

    @Test("READ BUFFER gives what WRITE BUFFER took") func buffer() {
        let host = ATAHost(master: ATATestStore(sectors: 64))
        let bytes = (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 5) }
        host.issue(0xE8)
        host.wait()
        host.writeWords(bytes)
        host.wait()
        #expect(host.status == 0x50)
        host.issue(0xE4)
        host.wait()
        #expect(host.readWords(256) == bytes && host.status == 0x50)
    }

    @Test("every other command is aborted; those that drives usually have are reported by name") func unsupported() {
        let host = ATAHost(master: ATATestStore(sectors: 64))
        for command in UInt8.min...UInt8.max {
            let before = host.diagnostics.messages.count
            host.issue(command, count: 1)
            host.wait()
            let reported = host.diagnostics.messages.count > before
            switch ATACommand(code: command) {
            case .nop, .optional:
                #expect(host.status == 0x51 && host.error == 0x04 && !reported)
            case .unimplemented, .unknown:
                #expect(host.status == 0x51 && host.error == 0x04 && reported)
            default:
                host.set(8, 4)
                host.set(8, 0)
                host.wait()
            }
        }
        #expect(host.diagnostics.messages.contains { $0.contains("READ DMA (C8h)") })
    }

    @Test("a state in the middle of a command goes on after it was put back, even in another channel") func stateRoundTrip() throws
    {
        let store = ATATestStore(sectors: 64)
        let host = ATAHost(master: store)
        host.issue(0x20, count: 2, lba: 30)
        host.wait()
        let head = host.readWords(100)
        let state = host.channel.state
        let coded = try JSONDecoder().decode(ATAChannel.State.self, from: JSONEncoder().encode(state))
        #expect(coded == state)
        let other = ATAHost(master: store)
        other.channel.state = coded
        #expect(other.channel.INTRQ.isHigh)
        #expect(head + other.readWords(156) == store.sector(30))
        other.wait()
        #expect(other.readWords(256) == store.sector(31) && other.status == 0x50)
    }

    @Test("100,000 random register accesses neither trap nor reach past the disk") func fuzz() {
        var random = RandomNumbers(seed: 0xA7A)
        let host = ATAHost(master: ATATestStore(sectors: 40), slave: ATATestStore(sectors: 1, claiming: 1 << 30))
        let commands: [UInt8] = [
            0x20, 0x24, 0x29, 0x30, 0x34, 0x39, 0x40, 0xC4, 0xC5, 0xC6, 0xEC, 0xEF, 0x90, 0x91, 0xE7, 0xE4, 0xE8, 0x70, 0xF8,
        ]
        for _ in 0..<100_000 {
            let value = UInt8(truncatingIfNeeded: random.next())
            let offset = Int(random.next() % 10)
            let width = AccessWidth.allCases[Int(random.next() % 3)]
            switch random.next() % 8 {
            case 0: host.set(7, commands[Int(value) % commands.count])
            case 1: _ = host.channel.read(offset: offset, width: width)
            case 2: host.channel.write(offset: offset, width: width, value: UInt32(truncatingIfNeeded: random.next()))
            case 3: host.set(offset % 6 + 1, value & 0x0F)
            case 4: for _ in 0..<140 { _ = host.channel.read(offset: 0, width: width) }
            case 5: for _ in 0..<140 { host.channel.write(offset: 0, width: width, value: UInt32(value)) }
            case 6 where value < 8: host.set(8, value)
            default:
                let next = host.clock.cells.pointee.nextDeadline
                if next != .max { host.clock.skip(to: max(host.clock.now, next)) }
                host.clock.fireDueEvents()
            }
            if host.diagnostics.messages.count > 1000 { host.diagnostics.messages.removeAll() }
        }
        host.set(8, 4)
        host.set(8, 0)
        host.wait()
        #expect(host.identify()[0] == 0x0040)
    }
}
