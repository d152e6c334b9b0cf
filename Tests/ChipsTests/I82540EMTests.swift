import Testing
import Wiring

@testable import Chips

/// The card as a driver uses it: rings in memory, doublewords at its window. Manual, chapters 3, 5, 13 and 14.
@Suite struct I82540EMTests {
    /// Four megabytes of RAM; nothing behind them.
    private final class RAM: SystemMemory {
        var bytes = [UInt8](repeating: 0, count: 4 << 20)

        func read(physical: UInt64, into buffer: UnsafeMutableRawBufferPointer, by initiator: Initiator) {
            for place in 0..<buffer.count {
                let address = physical &+ UInt64(place)
                buffer[place] = address < UInt64(bytes.count) ? bytes[Int(address)] : 0xFF
            }
        }
        func write(physical: UInt64, from buffer: UnsafeRawBufferPointer, by initiator: Initiator) {
            for place in 0..<buffer.count where physical &+ UInt64(place) < UInt64(bytes.count) {
                bytes[Int(physical &+ UInt64(place))] = buffer[place]
            }
        }
        func put(_ value: UInt64, at address: Int) {
            for byte in 0..<8 { bytes[address + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
        }
        func quadword(at address: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(bytes[address + $1]) << UInt64(8 * $1) } }
    }

    private static let own: [UInt8] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56]
    private static let sendRing = 0x1000, receiveRing = 0x2000, buffers = 0x1_0000

    private final class Rig {
        let clock = Clock(rate: 100_000_000)
        let ram = RAM()
        let card: I82540EM
        let complaints = Complaints()
        var sent: [[UInt8]] = []
        var interrupts = 0

        init(isMaster: Bool = true) {
            card = I82540EM(address: I82540EMTests.own, clock: clock, memory: ram)
            card.diagnostics = complaints
            card.onFrame = { [unowned self] in sent.append($0) }
            card.function.INTx.connect { [unowned self] in interrupts += $0 ? 1 : 0 }
            card.function.write(4, .word, isMaster ? 7 : 3)
        }

        subscript(offset: Int) -> UInt32 {
            get { card.readMemory(offset: offset, width: .doubleword) }
            set { card.writeMemory(offset: offset, width: .doubleword, value: newValue) }
        }

        /// Eight descriptors each way, with a buffer of 2 KBytes for each.
        func start(receive: UInt32 = 0x0400_8002) {
            for number in 0..<8 { ram.put(UInt64(buffers + 2048 * number), at: receiveRing + 16 * number) }
            (self[0x2800], self[0x2808], self[0x2818]) = (UInt32(receiveRing), 128, 7)
            (self[0x3800], self[0x3808]) = (UInt32(sendRing), 128)
            self[0x100] = receive
            self[0x400] = 0x0001_000A
        }

        /// Puts descriptors into the ring, and lets the card have them.
        func send(_ descriptors: [(UInt64, UInt64)]) {
            for (low, high) in descriptors {
                let tail = Int(self[0x3818])
                ram.put(low, at: sendRing + 16 * tail)
                ram.put(high, at: sendRing + 16 * tail + 8)
                self[0x3818] = UInt32((tail + 1) % 8)
            }
            clock.run(10_000)
        }

        func put(_ frame: [UInt8], at address: Int = 0x8000) {
            ram.bytes.replaceSubrange(address..<address + frame.count, with: frame)
        }

        func received(_ number: Int) -> (frame: [UInt8], status: UInt8, errors: UInt8, special: UInt16) {
            let word = ram.quadword(at: receiveRing + 16 * number + 8)
            let address = buffers + 2048 * number
            return (
                Array(ram.bytes[address..<address + Int(word & 0xFFFF)]), UInt8(truncatingIfNeeded: word >> 32),
                UInt8(truncatingIfNeeded: word >> 40), UInt16(word >> 48)
            )
        }
    }

    private static let sendRingBase = UInt64(sendRing)
    private static func frame(to station: [UInt8] = own, _ count: Int = 100, type: [UInt8] = [0x88, 0xB5]) -> [UInt8] {
        station + [0x02, 0, 0, 0, 0, 1] + type + (0..<count - 14).map { UInt8(truncatingIfNeeded: $0) }
    }

    @Test func theAddressIsInTheEEPROMWithARightChecksum() {
        let rig = Rig()
        var words: [UInt16] = []
        for number in 0..<64 {
            rig[0x14] = UInt32(number) << 8 | 1
            #expect(rig[0x14] & 0x10 != 0)
            words.append(UInt16(rig[0x14] >> 16))
        }
        #expect(words[..<3] == [0x5452, 0x1200, 0x5634] && words[13] == 0x100E && words[14] == 0x8086)
        #expect(words.reduce(0, &+) == 0xBABA)
        #expect(rig[0x5400] == 0x1200_5452 && rig[0x5404] == 0x8000_5634)
        // The same by the pins: start bit, read, address, sixteen bits.
        for number in [0, 2, 13, 63] {
            rig[0x10] = 0x40
            #expect(rig[0x10] & 0x180 == 0x180, "granted and present")
            rig[0x10] = 0x42
            for bit in (0..<9).reversed() {
                let level: UInt32 = (0x180 | number) >> bit & 1 != 0 ? 4 : 0
                rig[0x10] = 0x42 | level
                rig[0x10] = 0x43 | level
                rig[0x10] = 0x42 | level
            }
            var word: UInt16 = 0
            for _ in 0..<16 {
                rig[0x10] = 0x43
                word = word << 1 | (rig[0x10] & 8 != 0 ? 1 : 0)
                rig[0x10] = 0x42
            }
            rig[0x10] = 0x40
            #expect(word == words[number])
        }
    }

    @Test func thePHYAnswersByMDIC() {
        let rig = Rig()
        func read(_ number: UInt32, phy: UInt32 = 1) -> UInt32 {
            rig[0x20] = 2 << 26 | phy << 21 | number << 16
            return rig[0x20]
        }
        #expect(read(2) & 0xFFFF == 0x0141 && read(3) & 0xFFF0 == 0x0C20)
        #expect(read(1) & 0x1000_0024 == 0x1000_0024, "ready; link up, negotiation done")
        #expect(read(1, phy: 2) & 1 << 30 != 0, "another PHY is an error")
        rig[0x20] = 1 << 26 | 1 << 21 | 4 << 16 | 0x0101
        #expect(read(4) & 0xFFFF == 0x0101)
        rig[0xD0] = 4
        rig[0x20] = 1 << 26 | 1 << 21 | 0x9000
        #expect(read(4) & 0xFFFF == 0x0DE1 && rig.interrupts == 1 && rig[0xC0] == 4, "a reset of it, and the link comes back")
    }

    @Test func aLegacyDescriptorSendsAFrameAndIsWrittenBack() {
        let rig = Rig()
        rig.start()
        rig[0xD0] = 1
        rig.put(Self.frame(40))
        rig.send([(0x8000, 0x0B00_0028)])
        #expect(rig.sent == [Self.frame(40) + [UInt8](repeating: 0, count: 20)], "padded to 60 bytes")
        #expect(rig.ram.quadword(at: Self.sendRing + 8) >> 32 & 1 == 1 && rig[0x3810] == 1)
        #expect(rig.interrupts == 1 && rig[0xC0] & 3 == 3, "TXDW and TXQE")
        #expect(rig[0xC0] == 0 && !rig.card.function.INTx.isHigh, "reading ICR clears it")
        #expect(rig[0x4080] == 1 && rig[0x4080] == 0, "GPTC, and reading it clears it")
        #expect(rig[0x4090] == 64 && rig[0x4094] == 0)
        // In pieces, with a checksum that begins at byte 14 and goes to byte 20.
        rig.put([UInt8](Self.frame(80)[..<30]))
        rig.put([UInt8](Self.frame(80)[30...]), at: 0x9000)
        rig.send([(0x8000, 0x0200_001E), (0x9000, 0x0E00 << 32 | 0x0F14_0032)])
        let sum = FrameChecks.sum(Self.frame(80)[14...])
        #expect(rig.sent.last?.word(at: 20) == ~sum && rig.sent.last?.count == 80)
        #expect(rig.complaints.list.isEmpty)
    }

    @Test func aLongSegmentIsCut() throws {
        let rig = Rig()
        rig.start()
        let (client, server) = (
            NetworkEnd(station: Self.own, address: 0x0A00_020F, port: 0),
            NetworkEnd(station: [2, 0, 0, 0, 0, 1], address: 0x0A00_0202)
        )
        var segment = [UInt8](repeating: 0, count: 20)
        (segment[12], segment[13]) = (0x50, 0x19)
        let data = (0..<3000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var frame = InternetPacket.frame(.TCP, from: client, to: server, number: 9, segment + data)
        frame.setWord(0, at: 24)
        // The pseudo-header's sum without a length, as drivers leave it.
        frame.setWord(FrameChecks.sum([], from: FrameChecks.pseudoHeader(frame[14...], length: 0)), at: 50)
        rig.put(frame)
        let context: (UInt64, UInt64) = (14 | 24 << 8 | 33 << 16 | 34 << 32 | 50 << 40, 1000 << 48 | 54 << 40 | 0x2700_0000 | 3000)
        rig.send([context, (0x8000, 3 << 40 | 0x2F10_0000 | UInt64(frame.count))])
        #expect(rig.sent.map(\.count) == [1054, 1054, 1054])
        var taken: [UInt8] = []
        for (number, frame) in rig.sent.enumerated() {
            let packet = try #require(InternetPacket(frame: frame), "its header's checksum is right")
            #expect(packet.whole.word(at: 4) == 9 + UInt16(number))
            #expect(packet.payload.doubleword(at: 4) == UInt32(1000 * number) && packet.payload[13] == (number == 2 ? 0x19 : 0x10))
            let start = FrameChecks.pseudoHeader(packet.whole[...], length: packet.payload.count)
            #expect(FrameChecks.sum(packet.payload[...], from: start) == 0xFFFF)
            taken += packet.payload[20...]
        }
        #expect(taken == data && rig[0x40F8] == 1)
    }

    @Test func aFrameComesToMemoryWithItsStatus() {
        let rig = Rig()
        rig.start()
        rig[0xD0] = 0x80
        rig.card.receive(Self.frame(100))
        let (frame, status, errors, _) = rig.received(0)
        #expect(frame == Self.frame(100) && status & 3 == 3 && errors == 0)
        #expect(rig[0x2810] == 1 && rig.interrupts == 1 && rig[0xC0] & 0x80 != 0)
        // With its check sequence, which is that of IEEE 802.3.
        rig[0x100] = 0x0000_8002
        rig.card.receive(Self.frame(60))
        #expect(rig.received(1).frame.count == 64 && FrameChecks.sequence(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(rig[0x4074] == 2 && rig[0x4088] == 104 + 64)
    }

    @Test func framesForOthersAreNotTaken() {
        let rig = Rig()
        rig.start(receive: 0x0400_0002)
        let multicast: [UInt8] = [0x01, 0x00, 0x5E, 0x00, 0x00, 0x01]
        let others: [[UInt8]] = [[2, 0, 0, 0, 0, 9], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], multicast]
        for station in others { rig.card.receive(Self.frame(to: station, 60)) }
        #expect(rig[0x2810] == 0)
        rig.card.receive(Self.frame(1600))
        #expect(rig[0x2810] == 0 && rig[0x40AC] == 1, "longer than Ethernet's frames, without LPE")
        for (number, bits) in [UInt32(0x8), 0x8000, 0x10].enumerated() {
            rig[0x100] = 0x0400_0002 | bits
            rig.card.receive(Self.frame(to: others[number], 60))
            #expect(rig[0x2810] == UInt32(number + 1))
        }
        // The hash table: bits 47 to 36 of the address.
        rig[0x100] = 0x0400_0002
        let hash = Int(0x0100 >> 4)
        rig[0x5200 + 4 * (hash / 32)] = 1 << UInt32(hash % 32)
        rig.card.receive(Self.frame(to: multicast, 60))
        #expect(rig[0x2810] == 4)
    }

    @Test func framesWaitForDescriptorsAndAreLostWhenThereAreTooMany() {
        let rig = Rig()
        rig.start()
        for _ in 0..<7 { rig.card.receive(Self.frame(1500)) }
        #expect(rig[0x2810] == 7 && rig[0xC0] & 0x10 != 0, "few descriptors are left")
        for _ in 0..<40 { rig.card.receive(Self.frame(1500)) }
        #expect(rig[0x2810] == 7 && rig[0x4010] == 40 - 32 && rig[0xC0] & 0x40 != 0, "48 KBytes hold 32 of them")
        #expect(rig.complaints.list.first?.unit == "frames lost")
        rig[0x2818] = 4
        #expect(rig[0x2810] == 4)
    }

    @Test func delaysAndITRHoldInterruptsBack() {
        let rig = Rig()
        rig.start()
        rig[0xD0] = 0x80
        // 100 µs for each frame, 150 for all.
        (rig[0x2820], rig[0x282C]) = (98, 147)
        for _ in 0..<3 {
            rig.card.receive(Self.frame(60))
            rig.clock.run(6000)
        }
        #expect(rig.interrupts == 1, "after 150 µs, though frames came")
        _ = rig[0xC0]
        rig.clock.run(100_000)
        (rig[0x2820], rig[0x282C]) = (0, 0)
        // 1 ms from one interrupt to the next.
        rig[0xC4] = 3906
        _ = rig[0xC0]
        rig.interrupts = 0
        for _ in 0..<10 {
            rig.card.receive(Self.frame(60))
            _ = rig[0xC0]
            rig[0x2818] = (rig[0x2818] + 1) % 8
            rig.clock.run(50_000)
        }
        #expect((1...6).contains(rig.interrupts), "\(rig.interrupts)")
    }

    @Test func virtualNetworksAreTaggedAndUntagged() {
        let rig = Rig()
        rig.start()
        rig[0x38] = 0x8100
        rig[0x00] = rig[0x00] | 1 << 30
        rig.put(Self.frame(80))
        rig.send([(0x8000, 0x0123 << 48 | 0x4B00_0050)])
        #expect(rig.sent.last?.count == 84 && rig.sent.last.map { Array($0[12..<16]) } == [0x81, 0, 0x01, 0x23])
        if let tagged = rig.sent.last { rig.card.receive(Self.own + tagged[6...]) }
        let (frame, status, _, special) = rig.received(0)
        #expect(frame == Self.frame(80) && status & 8 != 0 && special == 0x0123)
    }

    @Test func aDriverWithoutSenseDoesNoHarm() {
        let rig = Rig()
        rig.start()
        // A tail outside of the ring, a frame that is too long, one without a header, a checksum beyond the end.
        rig[0x2818] = 0xFFFF
        rig.card.receive(Self.frame(100))
        rig.send([(0x8000, 0x0B00_0004), (0x8000, 0x0A00_FFFF), (0x8000, 0x0900_FFFF), (0x8000, 0x0F80_003C)])
        let words = rig.complaints.list.map(\.message).joined(separator: "; ")
        #expect(words.contains("RDH or RDT is outside") && words.contains("longer than the chip can send"))
        #expect(words.contains("without a whole Ethernet header") && words.contains("outside of its frame"))
        rig[0x3818] = 0xFFFF
        rig.clock.run(100_000)
        #expect(rig.complaints.list.contains { $0.message.contains("TDH or TDT is outside") })
        #expect(rig.sent.count == 1)
        let idle = Rig(isMaster: false)
        idle.start()
        idle.card.receive(Self.frame(100))
        idle.send([(0x8000, 0x0B00_003C)])
        #expect(idle.sent.isEmpty && idle[0x2810] == 0, "without PCI's leave it moves nothing")
    }

    @Test func loopbackComesBack() {
        let rig = Rig()
        rig.start(receive: 0x0400_80C2)
        rig.put(Self.frame(100))
        rig.send([(0x8000, 0x0B00_0064)])
        #expect(rig.sent.isEmpty && rig.received(0).frame == Self.frame(100))
    }

    @Test func theRegistersAreSeenByTwoPorts() {
        let rig = Rig()
        rig.card.write(offset: 0, width: .doubleword, value: 0x5400)
        #expect(rig.card.read(offset: 4, width: .doubleword) == 0x1200_5452)
        rig.card.write(offset: 4, width: .doubleword, value: 0x1234)
        #expect(rig[0x5400] == 0x1234)
        rig[0x00] = 1 << 26
        #expect(rig[0x5400] == 0x1200_5452 && rig[0x08] == 0x283, "a reset reads the address again; the link is up")
    }

    @Test func randomAccessesAndDamagedStatesAreHarmless() throws {
        let fuzz = Fuzz<I82540EM>(
            offsets: 0..<8,
            make: { clock in
                let card = I82540EM(address: Self.own, clock: clock, memory: Self.memory)
                card.function.write(4, .word, 7)
                (card.registers.receive.length, card.registers.transmit.length) = (4096, 4096)
                return card
            }, host: { $0.receive(Self.frame(14 + Int($1 % 2000))) }, wires: { [$0.function.INTx.isHigh] })
        try fuzz.run(operations: 20_000, seed: 82540)
        try fuzz.runHostileStates(seed: 82541)
        // By whole registers, at random.
        let rig = Rig()
        rig.start()
        var noise = Noise(seed: 82542)
        for _ in 0..<50_000 {
            let area = noise.element(of: [0, 0xC0, 0x100, 0x400, 0x2800, 0x3800, 0x5000, 0x5400])
            let offset = area + 4 * noise.below(12)
            if noise.bool() {
                rig[offset] = UInt32(truncatingIfNeeded: noise.next() >> UInt64(noise.below(64)))
            } else {
                _ = rig[offset]
            }
            if noise.below(4) == 0 { rig.clock.run(UInt64(noise.below(500))) }
            if noise.below(8) == 0 { rig.card.receive(Self.frame(14 + noise.below(2000))) }
        }
    }
    private static var memory: RAM { RAM() }
}
