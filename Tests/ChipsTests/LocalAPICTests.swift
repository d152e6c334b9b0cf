import Chips
import Testing
import Wiring

/// The local APIC in the words of SDM Vol. 3A, chapter 10.
@Suite struct LocalAPICTests {
    /// Processors on one bus, with a clock of a tick a nanosecond.
    private final class Board {
        let clock = Clock(rate: 1_000_000_000)
        let bus = APICBus()
        let line = LINT0Line()
        let processors: [LocalAPIC]
        var external: UInt8 = 0x77
        var heard: [String] = []

        /// `sharesLine`: one line leads to the pins LINT0 of all, as on a PC; else each has its own.
        init(processors count: UInt8 = 1, sharesLine: Bool = true, hasTSCDeadline: Bool = false, hasX2: Bool = false) {
            let (clock, bus, line) = (clock, bus, line)
            processors = (0..<count).map {
                LocalAPIC(
                    bus: bus, clock: clock, ID: $0, LINT0: sharesLine ? line : LINT0Line(), hasTSCDeadline: hasTSCDeadline,
                    hasX2: hasX2)
            }
            for (number, apic) in processors.enumerated() {
                apic.acknowledgeExternal = { [unowned self] in external }
                apic.onNMI = { [unowned self] in heard.append("NMI \(number)") }
                apic.onINIT = { [unowned self] in heard.append("INIT \(number)") }
                apic.onStartUp = { [unowned self] in heard.append("SIPI \(number) \($0)") }
                apic.tickOfTSC = { $0 }
                write(0xF0, 0x1FF, on: number)
            }
        }

        func write(_ offset: Int, _ value: UInt32, on number: Int = 0) {
            processors[number].writeMemory(offset: offset, width: .doubleword, value: value)
        }

        func read(_ offset: Int, on number: Int = 0) -> UInt32 { processors[number].readMemory(offset: offset, width: .doubleword) }

        func send(_ vector: UInt8, to number: Int = 0, isLevelTriggered: Bool = false) {
            bus.deliver(InterruptMessage(vector: vector, destination: UInt32(number), isLevelTriggered: isLevelTriggered))
        }

        func pass(_ nanoseconds: UInt64) {
            clock.run(nanoseconds)
        }
    }

    @Test func everyVectorIsRequestedServedAndEnded() {
        let board = Board()
        let apic = board.processors[0]
        for vector in UInt8(16)...255 {
            board.send(vector)
            #expect(apic.intr.isHigh)
            #expect(board.read(0x200 + Int(vector >> 5) * 16) == 1 << UInt32(vector & 31))
            #expect(apic.acknowledge() == vector)
            #expect(!apic.intr.isHigh)
            #expect(board.read(0x100 + Int(vector >> 5) * 16) == 1 << UInt32(vector & 31))
            board.write(0xB0, 0)
            #expect(board.read(0x100 + Int(vector >> 5) * 16) == 0)
        }
    }

    @Test func aHigherClassInterruptsALowerOneAndNoOther() {
        let board = Board()
        let apic = board.processors[0]
        board.send(0x41)
        #expect(apic.acknowledge() == 0x41)
        board.send(0x4F)
        #expect(!apic.intr.isHigh, "the same class waits")
        board.send(0x50)
        #expect(apic.intr.isHigh)
        #expect(apic.acknowledge() == 0x50)
        #expect(board.read(0xA0) == 0x50)
        board.write(0xB0, 0)
        #expect(board.read(0xA0) == 0x40)
        #expect(!apic.intr.isHigh)
        board.write(0xB0, 0)
        #expect(apic.acknowledge() == 0x4F)
    }

    @Test func theTaskPriorityHoldsBack() {
        let board = Board()
        let apic = board.processors[0]
        board.write(0x80, 0x55)
        board.send(0x5F)
        #expect(!apic.intr.isHigh)
        #expect(board.read(0xA0) == 0x55)
        apic.taskPriorityClass = 4
        #expect(board.read(0x80) == 0x40)
        #expect(apic.intr.isHigh)
    }

    @Test func aRequestThatVanishedIsTheSpuriousVector() {
        let board = Board()
        let apic = board.processors[0]
        board.send(0x60)
        board.write(0x80, 0xF0)
        #expect(apic.acknowledge() == 0xFF)
        #expect(board.read(0x170) == 0, "nothing is in service")
    }

    @Test func disabledBySoftwareItTakesNothingAndMasksItsEntries() {
        let board = Board()
        let apic = board.processors[0]
        board.write(0x320, 0x40)
        board.write(0xF0, 0xFF)
        #expect(board.read(0x320) == 0x1_0040)
        board.write(0x320, 0x40)
        #expect(board.read(0x320) == 0x1_0040, "the mask cannot be taken away")
        board.send(0x40)
        #expect(!apic.intr.isHigh)
        board.bus.deliver(InterruptMessage(vector: 0, mode: .NMI, destination: 0))
        #expect(board.heard == ["NMI 0"])
    }

    @Test func virtualWireLetsThe8259AThrough() {
        let board = Board()
        let apic = board.processors[0]
        board.write(0x350, 0x700)
        apic.setLINT(0, true)
        #expect(apic.intr.isHigh)
        #expect(apic.acknowledge() == 0x77)
        #expect(board.read(0x170) == 0)
        apic.setLINT(0, false)
        #expect(!apic.intr.isHigh)
        board.write(0x350, 0x1_0700)
        apic.setLINT(0, true)
        #expect(!apic.intr.isHigh)
        apic.setMode(isEnabled: false, isX2: false)
        #expect(apic.intr.isHigh, "without the APIC the pin is INTR")
    }

    @Test func oneLineLeadsToThePinsOfAllProcessors() {
        let board = Board(processors: 3)
        let (first, third) = (board.processors[0], board.processors[2])
        var requested: [Bool] { board.processors.map(\.intr.isHigh) }
        board.line.set(true)
        #expect(requested == [true, false, false], "the bootstrap processor's is open after power-on")
        #expect(board.processors.map(\.state.pin0) == [true, true, true])
        board.write(0x350, 0x700, on: 1)
        #expect(requested == [true, true, false], "whoever opens his pin finds the level")
        board.line.set(false)
        #expect(requested == [false, false, false] && board.processors.map(\.state.pin0) == requested)
        board.write(0x350, 0x1_0700)
        board.line.set(true)
        #expect(requested == [false, true, false])
        third.setMode(isEnabled: false, isX2: false)
        #expect(requested == [false, true, true], "without the APIC the pin is INTR")
        for level in [false, true] {
            board.line.set(level)
            #expect(requested == [false, level, level])
        }
        third.setMode(isEnabled: true, isX2: false)
        board.write(0xF0, 0xFF, on: 1)
        #expect(requested == [false, false, false], "the APIC that is enabled again and the one that software disables mask it")
        first.initialize(keepingID: true)
        #expect(requested == [true, false, false], "INIT opens it")
        board.write(0x350, 0x1_0700)
        first.reset()
        #expect(requested == [true, false, false], "so does a reset")

        let kept = first.state
        board.write(0x350, 0x1_0700)
        board.line.set(false)
        first.state = kept
        #expect(requested == [true, false, false] && board.line.isHigh, "a kept state has the pin open, and the level")
        board.line.set(false)
        #expect(requested == [false, false, false])
    }

    @Test func anEdgeThatAMaskedPinMissedIsGone() {
        let board = Board()
        let apic = board.processors[0]
        board.write(0x350, 0x1_0045)
        board.line.set(true)
        board.write(0x350, 0x45)
        #expect(!apic.intr.isHigh)
        board.line.set(false)
        board.line.set(true)
        #expect(apic.acknowledge() == 0x45)
        // A level that counts is found.
        board.write(0x350, 0x1_8056)
        board.write(0x350, 0x8056)
        #expect(apic.acknowledge() == 0x56 && board.read(0x350) == 0xC056)
    }

    /// Those who are not told of a change are as if they had been.
    @Test func whoseLINT0IsMaskedIsTheSameWithoutHearingOfIt() {
        let boards = [Board(processors: 4, hasX2: true), Board(processors: 4, sharesLine: false, hasX2: true)]
        var noise = Noise(seed: 32)
        var kept = boards.map { $0.processors.map(\.state) }
        var level = false
        for round in 0..<20_000 {
            let number = Int(noise.next() & 3)
            let (kind, value) = (noise.next() % 12, UInt32(truncatingIfNeeded: noise.next()))
            if kind < 4 { level.toggle() }
            for (index, board) in boards.enumerated() {
                let apic = board.processors[number]
                switch kind {
                case 0..<4: for apic in index == 0 ? [apic] : board.processors { apic.setLINT(0, level) }
                case 4, 5: board.write(0x350, [0x700, 0x1_0700, 0x45, 0x8046, 0x1_8046, 0x400][Int(value % 6)], on: number)
                case 6: board.write(0xF0, value & 3 == 0 ? 0xFF : 0x1FF, on: number)
                case 7: board.write(0xB0, 0, on: number)
                case 8: _ = apic.acknowledge()
                case 9: if value & 3 == 0 { apic.setMode(isEnabled: value & 4 != 0, isX2: value & 12 == 12) }
                case 10: value & 1 == 0 ? apic.initialize(keepingID: true) : apic.reset()
                default:
                    guard value & 7 == 0 else { continue }
                    if value & 8 == 0 {
                        kept[index] = board.processors.map(\.state)
                    } else {
                        for (apic, state) in zip(board.processors, kept[index]) { apic.state = state }
                    }
                }
            }
            level = boards[1].processors[0].state.pin0
            #expect(boards[0].processors.map(\.state) == boards[1].processors.map(\.state), "round \(round)")
            #expect(boards[0].processors.map(\.intr.isHigh) == boards[1].processors.map(\.intr.isHigh), "round \(round)")
        }
        #expect(boards[0].heard == boards[1].heard)
    }

    @Test func levelTriggeredPinsAskAgainAfterTheEnd() {
        let board = Board()
        let apic = board.processors[0]
        board.write(0x360, 0x8045)
        apic.setLINT(1, true)
        #expect(apic.acknowledge() == 0x45)
        #expect(board.read(0x360) == 0xC045)
        #expect(!apic.intr.isHigh)
        board.write(0xB0, 0)
        #expect(apic.intr.isHigh)
        #expect(apic.acknowledge() == 0x45)
        apic.setLINT(1, false)
        board.write(0xB0, 0)
        #expect(!apic.intr.isHigh)
        #expect(board.read(0x360) == 0x8045)
    }

    @Test func nonMaskableAndInitComeByPin() {
        let board = Board()
        board.write(0x360, 0x400)
        for level in [true, true, false, true] { board.processors[0].setLINT(1, level) }
        board.write(0x350, 0x500)
        board.processors[0].setLINT(0, true)
        #expect(board.heard == ["NMI 0", "NMI 0", "INIT 0"])
    }

    @Test(arguments: [(0xB, 1), (0, 2), (1, 4), (2, 8), (3, 16), (8, 32), (9, 64), (10, 128)] as [(UInt32, UInt64)])
    func theTimerCountsOnce(_ code: UInt32, _ divisor: UInt64) {
        let board = Board()
        let apic = board.processors[0]
        board.write(0x3E0, code)
        board.write(0x320, 0x40)
        board.write(0x380, 1000)
        board.pass(400 * divisor * 10)
        #expect(board.read(0x390) == 600)
        board.pass(600 * divisor * 10 - 1)
        #expect(!apic.intr.isHigh)
        board.pass(1)
        #expect(apic.acknowledge() == 0x40)
        board.write(0xB0, 0)
        #expect(board.read(0x390) == 0)
        board.pass(5000 * divisor * 10)
        #expect(!apic.intr.isHigh)
    }

    @Test func thePeriodicTimerGoesOn() {
        let board = Board()
        let apic = board.processors[0]
        board.write(0x3E0, 0xB)
        board.write(0x320, 0x2_0040)
        board.write(0x380, 100)
        for _ in 0..<5 {
            board.pass(999)
            #expect(!apic.intr.isHigh)
            board.pass(1)
            #expect(apic.acknowledge() == 0x40)
            board.write(0xB0, 0)
        }
        // A new divisor goes on from the count.
        board.pass(500)
        #expect(board.read(0x390) == 50)
        board.write(0x3E0, 0)
        #expect(board.read(0x390) == 50)
        board.write(0x380, 0)
        board.pass(100_000)
        #expect(!apic.intr.isHigh)
    }

    @Test func deadlineModeComparesTheTimeStampCounter() {
        let board = Board(hasTSCDeadline: true)
        let apic = board.processors[0]
        apic.TSCDeadline = 500
        #expect(apic.TSCDeadline == 0, "not in that mode")
        board.write(0x320, 0x4_0040)
        apic.TSCDeadline = 500
        #expect(apic.TSCDeadline == 500)
        board.write(0x380, 1000)
        #expect(board.read(0x380) == 0)
        board.pass(499)
        #expect(!apic.intr.isHigh)
        board.pass(1)
        #expect(apic.acknowledge() == 0x40)
        #expect(apic.TSCDeadline == 0)
        apic.TSCDeadline = 5000
        board.write(0x320, 0x40)
        board.write(0xB0, 0)
        board.pass(10_000)
        #expect(!apic.intr.isHigh, "leaving the mode disarms")
        // A model without it has no such mode.
        let old = Board()
        old.write(0x320, 0x4_0040)
        #expect(old.read(0x320) == 0x40)
    }

    @Test func interProcessorInterruptsGoWhereTheCommandSays() {
        let board = Board(processors: 4)
        func pending() -> [Int] { (0..<4).filter { board.processors[$0].intr.isHigh } }
        func clear() {
            for number in 0..<4 where board.processors[number].intr.isHigh {
                _ = board.processors[number].acknowledge()
                board.write(0xB0, 0, on: number)
            }
        }
        func command(_ high: UInt32, _ low: UInt32) -> [Int] {
            board.write(0x310, high, on: 1)
            board.write(0x300, low, on: 1)
            defer { clear() }
            return pending()
        }
        #expect(command(0x0200_0000, 0x40) == [2])
        #expect(command(0xFF00_0000, 0x40) == [0, 1, 2, 3])
        #expect(command(0, 0x4_0040) == [1])
        #expect(command(0, 0x8_0040) == [0, 1, 2, 3])
        #expect(command(0, 0xC_0040) == [0, 2, 3])
        for number in 0..<4 { board.write(0xD0, 1 << UInt32(24 + number), on: number) }
        #expect(command(0x0A00_0000, 0x840) == [1, 3])
        // Lowest priority: the one that does the least.
        for (number, priority) in [0x50, 0x30, 0x20, 0x40].enumerated() { board.write(0x80, UInt32(priority), on: number) }
        #expect(command(0x0B00_0000, 0x960) == [1])
        for number in 0..<4 { board.write(0x80, 0, on: number) }
        // The cluster model: cluster 2, processors 0 and 1 of it.
        for number in 0..<4 {
            board.write(0xE0, 0, on: number)
            board.write(0xD0, UInt32(number < 2 ? 0x20 : 0x30) << 24 | 1 << UInt32(24 + number % 2), on: number)
        }
        #expect(command(0x2300_0000, 0x840) == [0, 1])
        #expect(command(0x3200_0000, 0x840) == [3])
    }

    @Test func startUp() {
        let board = Board(processors: 2)
        board.write(0x310, 0x0100_0000, on: 0)
        board.write(0x300, 0x4500, on: 0)
        board.write(0x300, 0x8500, on: 0)
        board.write(0x300, 0x4608, on: 0)
        #expect(board.heard == ["INIT 1", "SIPI 1 8"])
    }

    @Test func errorsAreNoted() {
        let board = Board()
        board.write(0x370, 0x44)
        board.write(0x300, 0x4_0005)
        #expect(board.processors[0].acknowledge() == 0x44)
        board.write(0xB0, 0)
        _ = board.read(0x40)
        #expect(board.read(0x280) == 0)
        board.write(0x280, 0)
        #expect(board.read(0x280) == 0xA0)
        board.write(0x280, 0)
        #expect(board.read(0x280) == 0)
    }

    @Test func x2ModeHasRegistersByMSR() {
        let board = Board(processors: 2, hasX2: true)
        let apic = board.processors[1]
        #expect(apic.readMSR(2) == nil)
        apic.setMode(isEnabled: true, isX2: true)
        #expect(apic.readMSR(2) == 1)
        #expect(apic.readMSR(0xD) == 2)
        #expect(apic.readMSR(0xE) == nil, "no DFR")
        #expect(!apic.writeMSR(0xD, 1), "LDR is read-only")
        #expect(apic.writeMSR(0xF, 0x1FF))
        #expect(!apic.writeMSR(0xB, 1))
        #expect(apic.writeMSR(0x3F, 0x50))
        #expect(apic.acknowledge() == 0x50)
        #expect(apic.writeMSR(0xB, 0))
        #expect(apic.writeMSR(0x30, 0x0000_0000_0000_0041))
        #expect(board.processors[0].acknowledge() == 0x41)
    }

    @Test func stateIsKeptWhileTheTimerRuns() {
        let board = Board()
        let apic = board.processors[0]
        board.write(0x3E0, 0xB)
        board.write(0x320, 0x2_0040)
        board.write(0x380, 100)
        board.pass(350)
        let kept = apic.state
        apic.reset()
        #expect(apic.state != kept)
        apic.state = kept
        board.pass(649)
        #expect(!apic.intr.isHigh)
        board.pass(1)
        #expect(apic.acknowledge() == 0x40)
    }

    @Test func randomAccessesAreHarmless() {
        let board = Board(processors: 2, hasTSCDeadline: true, hasX2: true)
        var noise = Noise(seed: 10)
        for round in 0..<20_000 {
            let apic = board.processors[round & 1]
            let offset = Int(noise.next() & 0xFFF)
            let value = UInt32(truncatingIfNeeded: noise.next())
            switch noise.next() % 8 {
            case 0: _ = apic.readMemory(offset: offset, width: .doubleword)
            case 1: _ = apic.readMemory(offset: offset)
            case 2: apic.writeMemory(offset: offset, value: UInt8(truncatingIfNeeded: value))
            case 3: _ = apic.acknowledge()
            case 4: apic.setLINT(Int(value & 1), value & 2 != 0)
            case 5: if value & 15 == 0 { apic.setMode(isEnabled: value & 16 != 0, isX2: value & 48 == 48) }
            case 6: board.pass(UInt64(value & 0xFF))
            default: apic.writeMemory(offset: offset & ~15, width: .doubleword, value: value)
            }
            #expect(apic.PPR >= apic.state.TPR & 0xF0)
        }
    }
}
