import Chips
import Testing
import Wiring

/// The high-precision event timer in the words of the IA-PC HPET specification, 1.0a.
@Suite struct HPETTests {
    private final class Board {
        let clock = Clock(rate: 1_000_000_000)
        let hpet: HPET
        var heard: [String] = []

        init() {
            hpet = HPET(clock: clock)
            hpet.onInput = { [unowned self] in heard.append("\($0)\($1 ? "+" : "-")") }
            hpet.onLegacy = { [unowned self] in heard.append("IRQ\($0)\($1 ? "+" : "-")") }
        }

        func write(_ offset: Int, _ value: UInt32) { hpet.writeMemory(offset: offset, width: .doubleword, value: value) }
        func read(_ offset: Int) -> UInt32 { hpet.readMemory(offset: offset, width: .doubleword) }

        func pass(_ cycles: UInt64) {
            clock.run(cycles * 10)
        }
    }

    @Test func capabilities() {
        let board = Board()
        #expect(board.read(4) == 10_000_000)
        #expect(board.read(0) == 0x8086_A201)
    }

    @Test func theCounterRunsWhileEnabled() {
        let board = Board()
        board.pass(100)
        #expect(board.read(0xF0) == 0)
        board.write(0xF0, 1000)
        board.write(0xF4, 5)
        board.write(0x10, 1)
        board.pass(100)
        #expect(board.read(0xF0) == 1100)
        #expect(board.read(0xF4) == 5)
        board.write(0x10, 0)
        board.pass(100)
        #expect(board.read(0xF0) == 1100)
    }

    @Test func aComparatorMatchesOnce() {
        let board = Board()
        board.write(0x120, 0x2A04)
        board.write(0x128, 500)
        board.write(0x12C, 0)
        board.write(0x10, 1)
        board.pass(499)
        #expect(board.heard == [])
        board.pass(1)
        #expect(board.heard == ["21+", "21-"])
        board.pass(5000)
        #expect(board.heard.count == 2)
    }

    @Test func aPeriodicOneGoesOnInTheLegacyPlace() {
        let board = Board()
        board.write(0x100, 0x14C)
        board.write(0x108, 1000)
        board.write(0x108, 200)
        board.write(0x10, 3)
        #expect(board.hpet.replacesLegacy.isHigh)
        board.pass(999)
        #expect(board.heard == [])
        board.pass(1)
        // An 8259A wants the line to be high until it acknowledges; each match is a rising edge.
        #expect(board.heard == ["IRQ0+"])
        board.pass(200)
        #expect(board.heard == ["IRQ0+", "IRQ0-", "IRQ0+"])
        board.pass(800)
        #expect(board.heard.count == 11)
        // Switched off, the comparator asks no more.
        board.write(0x100, 0x148)
        #expect(board.heard.count == 12 && board.heard.last == "IRQ0-")
    }

    @Test func theSecondOneIsIRQ8AndALevelThereStays() {
        let board = Board()
        board.write(0x120, 0x06)
        board.write(0x128, 10)
        board.write(0x12C, 0)
        board.write(0x10, 3)
        board.pass(20)
        #expect(board.heard == ["IRQ8+"])
        // A line that moves takes its level with it.
        board.write(0x10, 1)
        #expect(Set(board.heard[1...]) == ["IRQ8-", "0+"])
        board.write(0x10, 3)
        #expect(Set(board.heard[3...]) == ["IRQ8+", "0-"])
        board.write(0x20, 2)
        #expect(board.heard.count == 6 && board.heard.last == "IRQ8-")
    }

    @Test func aLineThatIsHighIsPutBack() {
        let board = Board()
        let other = Board()
        board.write(0x100, 0x14C)
        board.write(0x108, 100)
        board.write(0x10, 3)
        board.pass(150)
        other.hpet.state = board.hpet.state
        #expect(other.heard == ["IRQ0+"])
        #expect(other.hpet.state == board.hpet.state)
        other.hpet.reset()
        #expect(other.heard == ["IRQ0+", "IRQ0-"])
    }

    @Test func aLevelStaysUntilItsStatusIsCleared() {
        let board = Board()
        board.write(0x140, 0x2006)
        board.write(0x148, 10)
        board.write(0x14C, 0)
        board.write(0x10, 1)
        board.pass(20)
        #expect(board.heard == ["16+"])
        #expect(board.read(0x20) == 4)
        board.write(0x20, 4)
        #expect(board.heard == ["16+", "16-"])
        #expect(board.read(0x20) == 0)
    }

    @Test func randomAccessesAreHarmless() {
        let board = Board()
        var noise = Noise(seed: 12)
        for _ in 0..<20_000 {
            let offset = Int(noise.next() & 0x1FF) & (noise.next() % 4 == 0 ? 0x1FF : 0x1FC)
            let value = UInt32(truncatingIfNeeded: noise.next())
            switch noise.next() % 4 {
            case 0: _ = board.read(offset)
            case 1: board.hpet.writeMemory(offset: offset, value: UInt8(truncatingIfNeeded: value))
            case 2: board.pass(UInt64(value & 0xFF))
            default: board.write(offset, noise.next() % 2 == 0 ? value & 0xFFF : value)
            }
            if board.heard.count > 100 { board.heard = [] }
            #expect(board.clock.cells.pointee.nextDeadline > board.clock.now)
        }
    }
}
