import Testing
import Wiring

@testable import Chips

@Suite("ATA: PIO protocols (ATA/ATAPI-6, chapter 9)") struct ATAProtocolTests {
    @Test("PIO data-in: BSY, then DRQ with INTRQ for each sector; reading Status clears INTRQ; no interrupt at the end")
    func dataIn() {
        let store = ATATestStore(sectors: 64)
        let host = ATAHost(master: store)
        host.issue(0x20, count: 2, lba: 5)
        #expect(host.alternateStatus & 0x88 == 0x80, "BSY without DRQ at once")
        #expect(!host.channel.INTRQ.isHigh)
        host.wait()
        #expect(host.channel.INTRQ.isHigh && host.alternateStatus == 0x58)
        #expect(host.channel.INTRQ.isHigh, "Alternate Status does not clear INTRQ")
        #expect(host.status == 0x58 && !host.channel.INTRQ.isHigh)
        #expect(host.readWords(256) == store.sector(5))
        #expect(host.alternateStatus & 0x88 == 0x80, "BSY between the blocks")
        host.wait()
        #expect(host.interrupts == 2 && host.status == 0x58)
        #expect(host.readWords(256) == store.sector(6))
        #expect(host.alternateStatus == 0x50)
        host.wait()
        #expect(host.interrupts == 2 && host.status == 0x50 && host.error == 0)
        #expect(host.register(2) == 0 && host.register(3) == 6, "count 0, address of the last sector")
    }

    @Test("PIO data-out: DRQ without interrupt for the first sector, INTRQ after each; the store has it then") func dataOut() {
        let store = ATATestStore(sectors: 64)
        let host = ATAHost(master: store)
        let first = [UInt8](repeating: 0xA5, count: 512), second = [UInt8](repeating: 0x5A, count: 512)
        host.issue(0x30, count: 2, lba: 9)
        #expect(host.alternateStatus & 0x80 != 0)
        host.wait()
        #expect(host.interrupts == 0 && host.status == 0x58)
        host.writeWords(first)
        #expect(host.alternateStatus & 0x88 == 0x80)
        host.wait()
        #expect(host.interrupts == 1 && store.sector(9) == first && host.status == 0x58)
        host.writeWords(second)
        host.wait()
        #expect(host.interrupts == 2 && store.sector(10) == second && host.status == 0x50)
        #expect(store.flushes == 0)
    }

    @Test("count 0 means 256 sectors, in 48-bit commands 65536") func countZero() {
        let store = ATATestStore(sectors: 300)
        let host = ATAHost(master: store)
        host.issue(0x20, count: 0, lba: 1)
        var bytes: [UInt8] = []
        for _ in 0..<256 {
            host.wait()
            bytes += host.readWords(256)
        }
        #expect(host.status == 0x50 && bytes == Array(store.bytes[512..<512 * 257]))
        let large = ATAHost(master: ATATestStore(sectors: 1, claiming: 65536))
        large.issueExtended(0x42, count: 0, lba: 0)
        large.wait()
        #expect(large.status == 0x50)
        large.issueExtended(0x42, count: 0, lba: 1)
        large.wait()
        #expect(large.status == 0x51 && large.error == 0x10)
    }

    @Test("the three ways to name a sector reach the same one") func addressing() {
        let store = ATATestStore(sectors: 16 * 63 * 4)
        let host = ATAHost(master: store)
        for block in [0, 1, 62, 63, 1007, 1008, 4031] {
            let track = block / 63
            host.issueCHS(0x20, count: 1, cylinder: UInt16(track / 16), head: UInt8(track % 16), sector: UInt8(block % 63 + 1))
            host.wait()
            #expect(host.readWords(256) == store.sector(block))
            #expect(host.register(3) == UInt8(block % 63 + 1) && host.register(6) & 0x4F == UInt8(track % 16))
            host.issue(0x20, count: 1, lba: UInt64(block))
            host.wait()
            #expect(host.readWords(256) == store.sector(block))
            host.issueExtended(0x24, count: 1, lba: UInt64(block))
            host.wait()
            #expect(host.readWords(256) == store.sector(block))
        }
    }

    @Test("READ and WRITE MULTIPLE move blocks with one interrupt each, the last one shorter") func multiple() {
        let store = ATATestStore(sectors: 64)
        let host = ATAHost(master: store)
        #expect(host.identify()[59] == 0x0110, "power-on: 16 sectors")
        host.issue(0xC6, count: 0)
        host.wait()
        host.issue(0xC4, count: 4, lba: 0)
        host.wait()
        #expect(host.status == 0x51 && host.error == 0x04, "ABRT while the mode is off")
        host.issue(0xC6, count: 4)
        host.wait()
        #expect(host.status == 0x50)
        let before = host.interrupts
        host.issue(0xC4, count: 6, lba: 3)
        host.wait()
        var bytes = host.readWords(4 * 256)
        host.wait()
        bytes += host.readWords(2 * 256)
        #expect(bytes == Array(store.bytes[3 * 512..<9 * 512]))
        #expect(host.interrupts == before + 1, "the second one came while the first was not acknowledged")
        #expect(host.status == 0x50)
        let fresh = [UInt8](repeating: 0xEE, count: 6 * 512)
        host.issueExtended(0x39, count: 6, lba: 20)
        host.wait()
        host.writeWords(Array(fresh[..<2048]))
        host.wait()
        #expect(store.sector(23) == [UInt8](repeating: 0xEE, count: 512) && host.status == 0x58)
        host.writeWords(Array(fresh[2048...]))
        host.wait()
        #expect(host.status == 0x50 && Array(store.bytes[20 * 512..<26 * 512]) == fresh)
        for (count, works) in [(1, true), (2, true), (16, true), (3, false), (32, false), (255, false)] as [(UInt8, Bool)] {
            host.issue(0xC6, count: count)
            host.wait()
            #expect((host.status == 0x50) == works)
            #expect(host.identify()[59] == (works ? 0x0100 | UInt16(count) : 0))
        }
    }

    @Test("16- and 32-bit accesses of the data register, and one too many") func widths() {
        let store = ATATestStore(sectors: 64)
        let host = ATAHost(master: store)
        host.issue(0x20, count: 1, lba: 7)
        host.wait()
        let double = host.channel.read(offset: 0, width: .doubleword)
        #expect((0..<4).map { UInt8(truncatingIfNeeded: double >> UInt32(8 * $0)) } == Array(store.sector(7)[0..<4]))
        #expect(host.readWords(254) == Array(store.sector(7)[4...]))
        #expect(host.status == 0x50)
        host.issue(0x30, count: 1, lba: 8)
        host.wait()
        host.channel.write(offset: 0, width: .doubleword, value: 0x1122_3344)
        host.writeWords([UInt8](repeating: 0x77, count: 506) + [0x99, 0x88])
        host.wait()
        #expect(store.sector(8) == [0x44, 0x33, 0x22, 0x11] + [UInt8](repeating: 0x77, count: 506) + [0x99, 0x88])
        #expect(host.diagnostics.messages.isEmpty)
        #expect(host.channel.read(offset: 0, width: .word) == 0xFFFF && host.diagnostics.messages.count == 1)
    }

    @Test("a string of reads stops before the one that ends the block; what is no data register has none") func strings() {
        let store = ATATestStore(sectors: 4)
        let host = ATAHost(master: store)
        func string(_ count: Int, at offset: Int = 0, _ width: AccessWidth = .word) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            let read = bytes.withUnsafeMutableBytes { host.channel.readString(offset: offset, width: width, into: $0) }
            return Array(bytes[..<read])
        }
        #expect(string(512).isEmpty, "no data yet")
        host.issue(0x20, count: 2, lba: 1)
        #expect(string(512).isEmpty, "BSY")
        host.wait()
        #expect(string(512, at: 7).isEmpty && string(512, .byte).isEmpty)
        #expect(string(101) == Array(store.sector(1)[..<100]), "whole words")
        #expect(string(512, .doubleword) == Array(store.sector(1)[100..<508]))
        #expect(string(512, .doubleword).isEmpty && host.status == 0x58)
        #expect(string(512) == Array(store.sector(1)[508..<510]))
        #expect(host.readWords(1) == Array(store.sector(1)[510...]))
        #expect(host.alternateStatus & 0x88 == 0x80, "BSY between the blocks")
        host.wait()
        #expect(host.readWords(256) == store.sector(2) && host.status == 0x50)
    }

    @Test("nIEN keeps INTRQ low; clearing it lets a pending interrupt through") func interruptEnable() {
        let host = ATAHost(master: ATATestStore(sectors: 64))
        host.set(8, 0x02)
        host.issue(0x20, count: 1)
        host.wait()
        #expect(host.alternateStatus == 0x58 && !host.channel.INTRQ.isHigh)
        host.set(8, 0x00)
        #expect(host.channel.INTRQ.isHigh)
        _ = host.status
        #expect(!host.channel.INTRQ.isHigh)
    }

    @Test("software reset: BSY while SRST is set, then the signature, DEV 0, no interrupt, settings kept") func softwareReset() {
        let host = ATAHost(master: ATATestStore(sectors: 64), slave: ATATestStore(sectors: 32))
        host.issue(0xC6, count: 8)
        host.wait()
        host.issue(0x20, count: 4, device: 0xF0)
        host.wait()
        _ = host.status
        let before = host.interrupts
        host.set(8, 0x04)
        #expect(host.alternateStatus == 0x80)
        host.wait()
        #expect(host.alternateStatus == 0x80)
        host.set(8, 0x00)
        #expect(host.alternateStatus & 0x80 != 0)
        host.wait()
        for device in [0xA0, 0xB0] as [UInt8] {
            if device == 0xB0 { host.set(6, device) }
            #expect(host.alternateStatus == 0x50 && (1...6).map(host.register) == [1, 1, 1, 0, 0, device])
        }
        #expect(host.interrupts == before)
        #expect(host.identify()[59] == 0x0108)
        host.issue(0xEF, features: 0xCC)
        host.wait()
        host.set(8, 0x04)
        host.set(8, 0x00)
        host.wait()
        #expect(host.identify()[59] == 0x0110, "SET FEATURES CCh: back to power-on settings")
    }

    @Test("EXECUTE DEVICE DIAGNOSTIC reaches both drives, selects drive 0 and interrupts") func diagnostic() {
        let host = ATAHost(master: ATATestStore(sectors: 64), slave: ATATestStore(sectors: 64))
        host.set(6, 0xB0)
        host.set(2, 0x99)
        host.set(7, 0x90)
        #expect(host.alternateStatus & 0x80 != 0)
        host.wait()
        #expect(host.interrupts == 1 && host.status == 0x50)
        #expect((1...6).map(host.register) == [1, 1, 1, 0, 0, 0xA0])
        host.set(6, 0xB0)
        #expect((1...5).map(host.register) == [1, 1, 1, 0, 0] && !host.channel.INTRQ.isHigh)
    }

    @Test("an absent drive 1 reads status 00h and drive 0's registers; its commands go nowhere") func absentSlave() {
        let host = ATAHost(master: ATATestStore(sectors: 64))
        host.set(6, 0xB0)
        host.set(2, 0x55)
        host.set(3, 0xAA)
        #expect(host.register(2) == 0x55 && host.register(3) == 0xAA && host.status == 0 && host.alternateStatus == 0)
        host.set(7, 0xEC)
        host.wait()
        #expect(host.status == 0 && host.interrupts == 0)
        host.set(6, 0xA0)
        #expect(host.status == 0x50)
    }

    @Test("a channel without drives floats; drive 0 absent reads 00h") func absentDrives() {
        let none = ATAHost(master: nil)
        for offset in 1...8 {
            none.set(offset, 0x55)
            #expect(none.register(offset) == 0xFF)
        }
        #expect(none.channel.read(offset: 0, width: .word) == 0xFFFF)
        // Beside a bus master DD7 is pulled down: nothing seems busy.
        let pulled = ATAChannel(name: "ide0", clock: Clock(rate: 1_000_000), master: nil, slave: nil, hasDMA: true)
        #expect((1...8).allSatisfy { pulled.read(offset: $0) == 0x7F } && pulled.read(offset: 0, width: .word) == 0xFF7F)
        let slaveOnly = ATAHost(master: nil, slave: ATATestStore(sectors: 64))
        #expect(slaveOnly.status == 0)
        #expect(slaveOnly.identify(device: 0xB0)[0] == 0x0040)
        #expect(ATAHost(master: ATATestStore(sectors: 0)).status == 0xFF, "an empty store is no drive")
    }

    @Test("a command while BSY or DRQ is set is ignored and reported; so are register writes") func commandWhileBusy() {
        let store = ATATestStore(sectors: 64)
        let host = ATAHost(master: store)
        host.issue(0x20, count: 1, lba: 4)
        host.set(3, 60)
        host.set(7, 0xEC)
        host.wait()
        host.set(7, 0xEC)
        #expect(host.readWords(256) == store.sector(4))
        #expect(host.diagnostics.messages.count == 3)
    }

    @Test("HOB shows what was in the registers before; the next write to the command block clears it") func highOrderByte() {
        let host = ATAHost(master: ATATestStore(sectors: 64))
        for offset in 2...5 {
            host.set(offset, UInt8(0x10 + offset))
            host.set(offset, UInt8(0x20 + offset))
        }
        host.set(8, 0x80)
        #expect((2...5).map(host.register) == [0x12, 0x13, 0x14, 0x15])
        host.set(2, 0x33)
        #expect(host.register(2) == 0x33 && host.register(5) == 0x25)
    }
}
