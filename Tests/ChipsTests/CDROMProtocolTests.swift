import Foundation
import Testing
import Wiring

@testable import Chips

@Suite("CD-ROM drive: the PACKET feature set (ATA/ATAPI-6)") struct CDROMProtocolTests {
    private let disc = ATATestStore(sectors: 256)

    @Test("after a reset: signature 14h EBh, status 00h; IDENTIFY DEVICE and READ SECTORS show it and end in ABRT") func signature()
    {
        let host = ATAHost(discs: [disc])
        host.set(8, 4)
        host.set(8, 0)
        host.wait()
        #expect(host.status == 0 && host.error == 1 && (2...5).map(host.register) == [1, 1, 0x14, 0xEB])
        for command: UInt8 in [0xEC, 0x20] {
            host.set(4, 0)
            host.set(5, 0)
            host.set(7, command)
            host.wait()
            #expect(host.channel.INTRQ.isHigh && host.status == 0x51 && host.error == 0x04)
            #expect(host.register(4) == 0x14 && host.register(5) == 0xEB)
        }
    }

    @Test("ATA commands that a packet device lacks end in ABRT") func foreignCommands() {
        let host = ATAHost(discs: [disc])
        for command: UInt8 in [0x00, 0x30, 0x40, 0x70, 0x91, 0xC4, 0xC6, 0xC8, 0xE4, 0xE7, 0xF8, 0x17] {
            host.set(7, command)
            host.wait()
            #expect(host.status == 0x51 && host.error == 0x04, "command \(command)")
        }
        #expect(host.testUnitReady.status == 0x50)
    }

    @Test("IDENTIFY PACKET DEVICE: CD-ROM, removable, packets of 12 bytes without an interrupt; no DMA; checksum") func identify() {
        let host = ATAHost(discs: [disc])
        host.set(7, 0xA1)
        host.wait()
        #expect(host.channel.INTRQ.isHigh && host.status == 0x58)
        let bytes = host.readWords(256)
        #expect(host.status == 0x50 && bytes[0] == 0xC0 && bytes[1] == 0x85)
        #expect(bytes[510] == 0xA5 && bytes.reduce(0, &+) == 0)
        #expect(bytes[99] & 1 == 0 && bytes[250] == 0 && bytes[251] == 0, "no DMA; byte count limit 0 is aborted")
        let model = stride(from: 54, to: 94, by: 2).flatMap { [bytes[$0 + 1], bytes[$0]] }
        #expect(String(decoding: model, as: UTF8.self).hasPrefix("SWEMU CD-ROM "))
    }

    @Test("a packet that reads: reasons 01h, 02h, 03h; an interrupt for each block and for the end, none for the packet")
    func phases() {
        let host = ATAHost(discs: [disc])
        let before = host.interrupts
        host.set(4, 0)
        host.set(5, 8)
        host.set(7, 0xA0)
        #expect(host.alternateStatus == 0x80)
        host.wait()
        #expect(host.alternateStatus == 0x58 && host.register(2) == 0x01 && host.interrupts == before)
        host.writeWords([0x28, 0, 0, 0, 0, 3, 0, 0, 2, 0, 0, 0])
        #expect(host.alternateStatus == 0x80)
        for block in 0..<2 {
            host.wait()
            #expect(host.interrupts == before + 2 * block + 1 - block && host.status == 0x58 && host.register(2) == 0x02)
            #expect(host.register(4) == 0 && host.register(5) == 8)
            #expect(host.readWords(1024) == Array(disc.bytes[2048 * (3 + block)..<2048 * (4 + block)]))
            #expect(host.alternateStatus == 0x80)
        }
        host.wait()
        #expect(host.interrupts == before + 3 && host.status == 0x50 && host.register(2) == 0x03 && host.error == 0)
    }

    @Test("the byte count limit cuts the blocks: odd ones are even but for the last, FFFFh is FFFEh, 0 is aborted")
    func byteCountLimit() {
        let host = ATAHost(discs: [disc])
        let blocks = Array(disc.bytes[2048..<2048 * 4])
        for (limit, counts) in [
            (0x0800, [2048, 2048, 2048]), (0x1000, [4096, 2048]), (0xFFFE, [6144]), (0xFFFF, [6144]), (0x1001, [4096, 2048]),
            (0x07FF, [2046, 2046, 2046, 6]), (0x17FF, [6142, 2]), (4094, [4094, 2050]),
        ] as [(UInt16, [Int])] {
            let outcome = host.readBlocks(1, 3, limit: limit)
            #expect(outcome.counts == counts && outcome.data == blocks && outcome.status == 0x50, "limit \(limit)")
        }
        #expect(host.readBlocks(1, 3, limit: 2).counts.count == 3072)
        for limit: UInt16 in [0, 1] {
            let outcome = host.readBlocks(1, 3, limit: limit)
            #expect(outcome.counts.isEmpty && outcome.status == 0x51 && outcome.error == 0x04, "limit \(limit)")
        }
        #expect(host.packet([0], limit: 0).status == 0x50, "without data the limit means nothing")
    }

    @Test("a disc of more than 64 KB in one command: FFFFh never reaches the count, blocks begin and end inside sectors")
    func longTransfer() {
        let large = ATATestStore(sectors: 4 * 100)
        let host = ATAHost(discs: [large])
        let outcome = host.readBlocks(0, 100, limit: 0xFFFF)
        #expect(outcome.counts == [0xFFFE, 0xFFFE, 0xFFFE, 204_800 - 3 * 0xFFFE] && outcome.data == large.bytes)
    }

    @Test("an odd answer: its byte count is odd and the last word is padded") func oddAnswer() {
        let host = ATAHost(discs: [disc])
        let outcome = host.packet([0x12, 0, 0, 0, 5], limit: 5)
        #expect(outcome.counts == [5] && outcome.data == [0x05, 0x80, 0x00, 0x21, 31] && outcome.status == 0x50)
        #expect(host.packet([0x12, 0, 0, 0, 36], limit: 7).counts == [6, 6, 6, 6, 6, 6])
        #expect(host.packet([0x12, 0, 0, 0, 1], limit: 1).data == [5])
        #expect(host.packet([0x12]).counts.isEmpty, "an allocation length of 0 is no error")
    }

    @Test("DMA and overlap, which IDENTIFY does not offer, are aborted") func features() {
        let host = ATAHost(discs: [disc])
        for features: UInt8 in [1, 2, 3] {
            let outcome = host.packet([0], features: features)
            #expect(outcome.status == 0x51 && outcome.error == 0x04)
        }
    }

    @Test("DEVICE RESET is heard in the middle of a transfer, others are not; the disc and what is locked stay") func deviceReset()
    {
        let host = ATAHost(discs: [disc])
        _ = host.packet([0x1E, 0, 0, 0, 1])
        host.set(4, 0)
        host.set(5, 8)
        host.set(7, 0xA0)
        host.wait()
        host.writeWords([0x28, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0])
        host.wait()
        #expect(host.status == 0x58)
        host.set(7, 0xA1)
        #expect(host.status == 0x58 && host.diagnostics.messages.count == 1)
        host.set(7, 0x08)
        host.wait()
        #expect(!host.channel.INTRQ.isHigh && host.status == 0 && host.register(4) == 0x14 && host.register(5) == 0xEB)
        #expect(host.testUnitReady.status == 0x50)
        #expect(host.channel.cdromTray == CDROMTray(medium: 0, isOpen: false, isLocked: true))
    }

    @Test("EXECUTE DEVICE DIAGNOSTIC: code 01h, signature, interrupt") func diagnostic() {
        let host = ATAHost(discs: [disc])
        host.set(7, 0x90)
        host.wait()
        #expect(host.channel.INTRQ.isHigh && host.status == 0 && host.error == 1 && host.register(5) == 0xEB)
    }

    @Test("power: sleep hears only resets; CHECK POWER MODE; SET FEATURES takes PIO modes alone") func power() {
        let host = ATAHost(discs: [disc])
        host.set(7, 0xE0)
        host.wait()
        host.set(7, 0xE5)
        host.wait()
        #expect(host.status == 0x50 && host.register(2) == 0)
        for (feature, mode, status) in [(3, 0x0C, 0x50), (3, 0x20, 0x51), (3, 0x42, 0x51), (2, 0, 0x51)] as [(UInt8, UInt8, UInt8)]
        {
            host.set(1, feature)
            host.set(2, mode)
            host.set(7, 0xEF)
            host.wait()
            #expect(host.status == status)
        }
        host.set(7, 0xE6)
        host.wait()
        host.set(7, 0xA1)
        host.wait()
        #expect(host.status & 0x08 == 0)
        host.set(7, 0x08)
        host.wait()
        #expect(host.testUnitReady.status == 0x50)
    }

    @Test("beside a disk as slave both answer; an absent slave reads as nothing, not as a second CD-ROM drive") func neighbours() {
        let store = ATATestStore(sectors: 64)
        let host = ATAHost(discs: [disc], slave: store)
        #expect(host.identify(device: 0xB0)[0] == 0x0040)
        host.issue(0x20, count: 1, lba: 5, device: 0xF0)
        host.wait()
        #expect(host.readWords(256) == store.sector(5))
        #expect(host.readBlocks(0, 1).data == Array(disc.bytes[..<2048]))
        let alone = ATAHost(discs: [disc])
        alone.set(6, 0xB0)
        #expect(alone.status == 0 && (1...6).map(alone.register) == [0, 0, 0, 0, 0, 0])
        alone.set(7, 0xA1)
        alone.wait()
        #expect(alone.status == 0 && alone.interrupts == ATAHost(discs: [disc]).interrupts)
    }

    @Test("a listener hears packets by their names, and the sense of one that fails") func requestsAreHeard() {
        let host = ATAHost(discs: [disc])
        var heard: [ATARequest] = []
        host.channel.onRequest = { heard.append($0) }
        _ = host.readBlocks(5, 2)
        _ = host.readBlocks(64, 1)
        #expect(heard.map(\.command) == ["PACKET READ(10)", "PACKET READ(10)", "PACKET READ(10)"])
        #expect(heard.map(\.sector) == [5, 64, nil] && heard.map(\.count) == [2, 1, nil])
        #expect(heard.map(\.error) == [nil, nil, "sense 05/21/00"] && heard.allSatisfy { $0.channel == "ide0" })
    }

    @Test("a state in the middle of a transfer goes on after it was put back, even in another channel") func stateRoundTrip() throws
    {
        let host = ATAHost(discs: [disc, ATATestStore(sectors: 8)])
        host.channel.changeMedium(to: 1)
        host.channel.changeMedium(to: 0)
        _ = host.testUnitReady
        host.set(4, 0xFE)
        host.set(5, 0x03)
        host.set(7, 0xA0)
        host.wait()
        host.writeWords([0x28, 0, 0, 0, 0, 7, 0, 0, 1, 0, 0, 0])
        host.wait()
        let head = host.readWords(100)
        let state = try JSONDecoder().decode(ATAChannel.State.self, from: JSONEncoder().encode(host.channel.state))
        #expect(state == host.channel.state)
        let other = ATAHost(discs: [disc, ATATestStore(sectors: 8)])
        other.channel.state = state
        #expect(other.channel.INTRQ.isHigh && other.channel.state == state)
        var rest = other.readWords(411)
        other.wait()
        rest += other.readWords(511)
        other.wait()
        rest += other.readWords(2)
        #expect(head + rest == Array(disc.bytes[2048 * 7..<2048 * 8]))
        other.wait()
        #expect(other.status == 0x50)
        let foreign = ATAHost(discs: [], inserted: nil)
        let before = foreign.channel.state
        foreign.channel.state = state
        #expect(foreign.channel.state.cdrom == before.cdrom, "a disc that is not there: not taken")
    }
}
