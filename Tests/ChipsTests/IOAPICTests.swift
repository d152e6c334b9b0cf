import Chips
import Testing
import Wiring

/// The 82093AA in the words of its datasheet (290566).
@Suite struct IOAPICTests {
    private final class Board {
        let clock = Clock(rate: 1_000_000)
        let bus = APICBus()
        let io: IOAPIC
        let apic: LocalAPIC

        init() {
            io = IOAPIC(bus: bus)
            apic = LocalAPIC(bus: bus, clock: clock, ID: 0)
            apic.writeMemory(offset: 0xF0, width: .doubleword, value: 0x1FF)
        }

        func write(_ index: UInt32, _ value: UInt32) {
            io.writeMemory(offset: 0, width: .doubleword, value: index)
            io.writeMemory(offset: 0x10, width: .doubleword, value: value)
        }

        func read(_ index: UInt32) -> UInt32 {
            io.writeMemory(offset: 0, width: .doubleword, value: index)
            return io.readMemory(offset: 0x10, width: .doubleword)
        }

        func end() { apic.writeMemory(offset: 0xB0, width: .doubleword, value: 0) }
    }

    @Test func identity() {
        let board = Board()
        #expect(board.read(1) == 0x0017_0020)
        board.write(0, 0x0F00_0000)
        #expect(board.read(0) == 0x0F00_0000)
        #expect(board.read(0x10) == 0x1_0000)
        #expect(board.read(0x3F) == 0)
        #expect(board.read(0x40) == 0)
    }

    @Test func anEdgeIsOneInterrupt() {
        let board = Board()
        for pin in 0..<IOAPIC.pins {
            board.write(0x10 + 2 * UInt32(pin), 0x30 + UInt32(pin))
            board.io.setInput(pin, true)
            #expect(board.apic.acknowledge() == 0x30 + UInt8(pin))
            board.end()
            board.io.setInput(pin, true)
            #expect(!board.apic.intr.isHigh)
            board.io.setInput(pin, false)
            #expect(!board.apic.intr.isHigh)
        }
    }

    @Test func aLevelAsksUntilItFalls() {
        let board = Board()
        board.write(0x10 + 2 * 10, 0xA050)
        board.io.setInput(10, true)
        #expect(board.read(0x10 + 2 * 10) == 0xE050, "remote IRR")
        #expect(board.apic.acknowledge() == 0x50)
        board.io.setInput(10, true)
        #expect(!board.apic.intr.isHigh)
        board.end()
        #expect(board.apic.acknowledge() == 0x50)
        board.io.setInput(10, false)
        board.end()
        #expect(board.read(0x10 + 2 * 10) == 0xA050)
        #expect(!board.apic.intr.isHigh)
    }

    @Test func aMaskedEdgeIsLostAndAMaskedLevelWaits() {
        let board = Board()
        board.write(0x10, 0x1_0040)
        board.io.setInput(0, true)
        board.write(0x10, 0x40)
        #expect(!board.apic.intr.isHigh)
        board.write(0x12, 0x1_8041)
        board.io.setInput(1, true)
        board.write(0x12, 0x8041)
        #expect(board.apic.acknowledge() == 0x41)
    }

    @Test func theEOIRegisterEndsWithoutAProcessor() {
        let board = Board()
        board.write(0x10, 0x8040)
        board.io.setInput(0, true)
        board.io.setInput(0, false)
        #expect(board.read(0x10) == 0xC040)
        board.io.writeMemory(offset: 0x40, width: .doubleword, value: 0x40)
        #expect(board.read(0x10) == 0x8040)
    }

    @Test func randomAccessesAreHarmless() {
        let board = Board()
        var noise = Noise(seed: 11)
        for _ in 0..<20_000 {
            let value = UInt32(truncatingIfNeeded: noise.next())
            let offset = Int(noise.next() % 5) * 16 + Int(noise.next() % 8 == 0 ? 1 : 0)
            switch noise.next() % 6 {
            case 0: _ = board.io.readMemory(offset: offset, width: .doubleword)
            case 1: board.io.writeMemory(offset: offset, value: UInt8(truncatingIfNeeded: value))
            case 2: board.io.setInput(Int(value % 40), value & 64 != 0)
            case 3: if board.apic.intr.isHigh { _ = board.apic.acknowledge() }
            case 4: board.end()
            default: board.write(value % 0x50, UInt32(truncatingIfNeeded: noise.next()))
            }
            #expect(board.io.state.entries.count == IOAPIC.pins)
        }
    }
}
