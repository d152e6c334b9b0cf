import Testing
import Wiring

@testable import Chips

/// The 8254 in the words of its datasheet (231164), and against a model that counts each CLK pulse.
@Suite struct I8254Tests {
    /// One tick is one CLK cycle.
    private func make() -> (I8254, Clock) {
        let clock = Clock(rate: I8254.frequency)
        return (I8254(clock: clock), clock)
    }

    private func value(_ pit: I8254, _ index: Int) -> Int {
        pit.write(offset: 3, value: UInt8(index << 6))
        return Int(pit.read(offset: index)) | Int(pit.read(offset: index)) << 8
    }

    /// Counts and OUT after each of the next CLK pulses, in the style of the datasheet's figures: "4H 3L …".
    private func trace(_ pit: I8254, _ clock: Clock, _ pulses: Int) -> String {
        (0..<pulses).map { _ in
            clock.run(1)
            return "\(value(pit, 0))" + (pit.isOUTHigh(0) ? "H" : "L")
        }.joined(separator: " ")
    }

    private func program(_ pit: I8254, mode: Int, count: Int, isBCD: Bool = false) {
        pit.write(offset: 3, value: 0x30 | UInt8(mode << 1) | (isBCD ? 1 : 0))
        pit.write(offset: 0, value: UInt8(count & 0xFF))
        pit.write(offset: 0, value: UInt8(count >> 8))
    }

    @Test func mode0InterruptOnTerminalCount() {
        let (pit, clock) = make()
        program(pit, mode: 0, count: 4)
        #expect(!pit.isOUTHigh(0), "OUT is initially low")
        #expect(trace(pit, clock, 7) == "4L 3L 2L 1L 0H 65535H 65534H", "OUT goes high N + 1 CLK pulses after the count is written")
        // Gate = 0 disables counting and has no effect on OUT.
        program(pit, mode: 0, count: 3)
        #expect(trace(pit, clock, 2) == "3L 2L")
        pit.setGate(0, false)
        #expect(trace(pit, clock, 3) == "2L 2L 2L")
        pit.setGate(0, true)
        #expect(trace(pit, clock, 3) == "1L 0H 65535H")
        // Writing the first byte disables counting and sets OUT low immediately; the second lets the new count be loaded.
        pit.write(offset: 0, value: 2)
        #expect(!pit.isOUTHigh(0))
        #expect(trace(pit, clock, 2) == "65535L 65535L")
        pit.write(offset: 0, value: 0)
        #expect(trace(pit, clock, 3) == "2L 1L 0H")
        // A count written with gate = 0 is still loaded.
        pit.setGate(0, false)
        program(pit, mode: 0, count: 3)
        #expect(trace(pit, clock, 3) == "3L 3L 3L")
        pit.setGate(0, true)
        #expect(trace(pit, clock, 3) == "2L 1L 0H", "OUT goes high N CLK pulses later: no pulse is needed for loading")
    }

    @Test func mode1HardwareRetriggerableOneShot() {
        let (pit, clock) = make()
        program(pit, mode: 1, count: 3)
        #expect(pit.isOUTHigh(0), "OUT is initially high")
        clock.run(5)
        #expect(pit.isOUTHigh(0))
        pit.setGate(0, false)
        pit.setGate(0, true)
        #expect(trace(pit, clock, 5) == "3L 2L 1L 0H 65535H")
        pit.setGate(0, false)
        pit.setGate(0, true)
        #expect(trace(pit, clock, 2) == "3L 2L")
        pit.setGate(0, false)
        pit.setGate(0, true)
        #expect(trace(pit, clock, 4) == "3L 2L 1L 0H", "the one-shot is retriggerable")
        // A new count does not affect the current one-shot unless it is retriggered.
        pit.setGate(0, false)
        pit.setGate(0, true)
        #expect(trace(pit, clock, 1) == "3L")
        pit.write(offset: 0, value: 5)
        pit.write(offset: 0, value: 0)
        #expect(trace(pit, clock, 3) == "2L 1L 0H")
        pit.setGate(0, false)
        pit.setGate(0, true)
        #expect(trace(pit, clock, 2) == "5L 4L")
    }

    @Test func mode2RateGenerator() {
        let (pit, clock) = make()
        program(pit, mode: 2, count: 3)
        #expect(trace(pit, clock, 8) == "3H 2H 1L 3H 2H 1L 3H 2H", "OUT goes low N CLK pulses after the count is written")
        // A new count takes effect at the end of the current cycle.
        pit.write(offset: 0, value: 4)
        pit.write(offset: 0, value: 0)
        #expect(trace(pit, clock, 6) == "1L 4H 3H 2H 1L 4H")
        // Gate low: no counting; a trigger reloads.
        pit.setGate(0, false)
        #expect(trace(pit, clock, 2) == "4H 4H")
        pit.setGate(0, true)
        #expect(trace(pit, clock, 5) == "4H 3H 2H 1L 4H")
        // If gate goes low during an output pulse, OUT is set high immediately.
        clock.run(3)
        #expect(!pit.isOUTHigh(0))
        pit.setGate(0, false)
        #expect(pit.isOUTHigh(0))
    }

    @Test func mode3SquareWave() {
        let (pit, clock) = make()
        program(pit, mode: 3, count: 4)
        #expect(trace(pit, clock, 9) == "4H 2H 4L 2L 4H 2H 4L 2L 4H")
        program(pit, mode: 3, count: 5)
        #expect(trace(pit, clock, 11) == "4H 2H 0H 4L 2L 4H 2H 0H 4L 2L 4H", "high for (N+1)/2, low for (N-1)/2 counts")
        clock.run(3)
        #expect(!pit.isOUTHigh(0))
        pit.setGate(0, false)
        #expect(pit.isOUTHigh(0), "gate low while OUT is low sets OUT high immediately")
        pit.setGate(0, true)
        #expect(trace(pit, clock, 4) == "4H 2H 0H 4L")
        // Otherwise the new count is loaded at the end of the current half-cycle.
        program(pit, mode: 3, count: 4)
        #expect(trace(pit, clock, 1) == "4H")
        pit.write(offset: 0, value: 6)
        pit.write(offset: 0, value: 0)
        #expect(trace(pit, clock, 5) == "2H 6L 4L 2L 6H")
    }

    @Test func mode4SoftwareTriggeredStrobe() {
        let (pit, clock) = make()
        program(pit, mode: 4, count: 3)
        #expect(trace(pit, clock, 6) == "3H 2H 1H 0L 65535H 65534H", "OUT strobes low N + 1 CLK pulses after the count is written")
        program(pit, mode: 4, count: 3)
        #expect(trace(pit, clock, 2) == "3H 2H")
        pit.write(offset: 0, value: 2)
        #expect(trace(pit, clock, 1) == "1H", "the first byte has no effect on counting")
        pit.write(offset: 0, value: 0)
        #expect(trace(pit, clock, 4) == "2H 1H 0L 65535H", "retriggered by software")
    }

    @Test func mode5HardwareTriggeredStrobe() {
        let (pit, clock) = make()
        program(pit, mode: 5, count: 3)
        clock.run(10)
        #expect(pit.isOUTHigh(0))
        pit.setGate(0, false)
        pit.setGate(0, true)
        pit.setGate(0, false)
        #expect(trace(pit, clock, 5) == "3H 2H 1H 0L 65535H", "the level of the gate does not matter")
    }

    @Test func zeroIsTheLargestCount() {
        for (isBCD, cycles) in [(false, UInt64(65536)), (true, 10_000)] {
            let (pit, clock) = make()
            program(pit, mode: 0, count: 0, isBCD: isBCD)
            clock.run(cycles)
            #expect(!pit.isOUTHigh(0))
            clock.run(1)
            #expect(pit.isOUTHigh(0))
        }
    }

    @Test func BCDCountsInDecimalDigits() {
        let (pit, clock) = make()
        program(pit, mode: 2, count: 0x1234, isBCD: true)
        clock.run(1)
        for expected in stride(from: 1234, to: 0, by: -1) {
            let digits = Int(String(expected), radix: 16)
            #expect(value(pit, 0) == digits)
            clock.run(1)
        }
        #expect(value(pit, 0) == 0x1234)
    }

    @Test func oneByteFormats() {
        let (pit, clock) = make()
        pit.write(offset: 3, value: 0x10)
        pit.write(offset: 0, value: 0x80)
        clock.run(1)
        #expect(pit.read(offset: 0) == 0x80)
        #expect(pit.read(offset: 0) == 0x80)
        pit.write(offset: 3, value: 0x20)
        pit.write(offset: 0, value: 0x80)
        clock.run(1)
        #expect(pit.read(offset: 0) == 0x80, "8000h, most significant byte")
        clock.run(1)
        #expect(pit.read(offset: 0) == 0x7F)
    }

    @Test func latchHoldsUntilRead() {
        let (pit, clock) = make()
        program(pit, mode: 2, count: 0x1234)
        clock.run(1)
        pit.write(offset: 3, value: 0x00)
        clock.run(0x100)
        pit.write(offset: 3, value: 0x00)
        #expect(pit.read(offset: 0) == 0x34, "a second latch command before the read is ignored")
        clock.run(0x100)
        #expect(pit.read(offset: 0) == 0x12)
        #expect(pit.read(offset: 0) == 0x34, "0x1234 - 0x200 follows live")
        #expect(pit.read(offset: 0) == 0x10)
    }

    @Test func readBackStatusAndCount() {
        let (pit, clock) = make()
        for index in 0..<3 {
            for mode in UInt8(0)..<8 {
                for access in UInt8(1)...3 {
                    for BCD in UInt8(0)...1 {
                        let word = access << 4 | mode << 1 | BCD
                        pit.write(offset: 3, value: UInt8(index << 6) | word)
                        pit.write(offset: 3, value: 0xE0 | 2 << UInt8(index))
                        let isHigh: UInt8 = mode == 0 ? 0 : 0x80
                        #expect(pit.read(offset: index) == isHigh | 0x40 | word, "OUT, null count, and the mode exactly as written")
                    }
                }
            }
        }
        program(pit, mode: 2, count: 0x4321)
        #expect(pit.state.counter0.nullCount)
        clock.run(1)
        pit.write(offset: 3, value: 0xC2)
        clock.run(5)
        #expect(pit.read(offset: 0) == 0x80 | 0x34, "status first; the count was loaded")
        #expect(pit.read(offset: 0) == 0x21)
        #expect(pit.read(offset: 0) == 0x43)
        // Null count becomes 1 with a new count and 0 again when the cycle ends.
        pit.write(offset: 0, value: 5)
        pit.write(offset: 0, value: 0)
        pit.write(offset: 3, value: 0xE2)
        #expect(pit.read(offset: 0) & 0x40 != 0)
        clock.run(0x4321)
        pit.write(offset: 3, value: 0xE2)
        #expect(pit.read(offset: 0) & 0x40 == 0)
        #expect(pit.read(offset: 3) == 0xFF, "the control word cannot be read")
    }

    @Test func connectedOutputTicksAtTheProgrammedRate() {
        let clock = Clock(rate: 100_000_000)
        let pit = I8254(clock: clock)
        var edges: [UInt64] = []
        pit.connectOUT(0) { if $0 { edges.append(clock.now) } }
        program(pit, mode: 2, count: 1193)
        edges = []
        clock.run(100_000_000)
        #expect(edges.count == 1_193_182 / 1193)
        for (number, tick) in edges.enumerated() {
            #expect(tick == clock.tick(ofCycle: UInt64(1 + 1193 * (number + 1)), of: I8254.frequency))
        }
    }

    @Test func unconnectedCountersHaveNoDeadlines() {
        let (pit, clock) = make()
        program(pit, mode: 2, count: 2)
        #expect(clock.cells.pointee.nextDeadline == .max)
        withExtendedLifetime(pit) {}
    }

    @Test func moreCyclesThanTicksDoNotHang() {
        let clock = Clock(rate: 1000)
        let pit = I8254(clock: clock)
        var edges = 0
        pit.connectOUT(0) { _ in edges += 1 }
        program(pit, mode: 3, count: 2)
        clock.run(100)
        #expect(edges > 100 && edges < 2000)
    }

    @Test func illegalCountIsReported() {
        let (pit, clock) = make()
        let complaints = Complaints()
        pit.diagnostics = complaints
        pit.connectOUT(0) { _ in }
        program(pit, mode: 3, count: 1)
        clock.run(1000)
        #expect(complaints.list.count == 1)
    }

    /// All modes, both number systems, random gates and counts: the computed counter against one that steps.
    @Test func agreesWithACounterThatStepsEachPulse() {
        var noise = Noise(seed: 8254)
        for round in 0..<1200 {
            let (pit, clock) = make()
            var steps = SteppedCounter()
            var wire = false
            pit.connectOUT(0) { wire = $0 }
            let mode = round % 6
            steps.program(mode: mode, isBCD: round % 12 >= 6)
            pit.write(offset: 3, value: 0x10 | UInt8(mode << 1) | (round % 12 >= 6 ? 1 : 0))
            for cycle in 0..<300 {
                switch noise.below(24) {
                case 0:
                    let count = noise.below(9) + 2
                    let byte = steps.isBCD && count > 9 ? UInt8(count + 6) : UInt8(count)
                    pit.write(offset: 0, value: noise.bool() || cycle > 3 ? byte : 0)
                    steps.write(pit.state.counter0.CR == 0 ? 0 : count)
                case 1, 2:
                    let level = noise.bool()
                    pit.setGate(0, level)
                    steps.setGate(level)
                default: break
                }
                clock.run(1)
                steps.pulse()
                let counter = pit.state.counter0
                guard pit.isOUTHigh(0) == steps.OUT, wire == steps.OUT else {
                    Issue.record("round \(round) mode \(mode) cycle \(cycle): OUT \(wire), \(counter.OUT), expected \(steps.OUT)")
                    break
                }
                guard !steps.isLoaded || value(of: counter, at: clock.now, isBCD: steps.isBCD) == steps.CE else {
                    Issue.record("round \(round) mode \(mode) cycle \(cycle): CE, expected \(steps.CE)")
                    break
                }
            }
        }
    }

    private func value(of counter: I8254.Counter, at cycle: UInt64, isBCD: Bool) -> Int {
        var copy = counter
        copy.advance(to: cycle)
        copy.controlWord = copy.controlWord & 0x0F | 0x30
        let digits = Int(copy.read()) | Int(copy.read()) << 8
        return isBCD ? Int(String(digits, radix: 16)) ?? -1 : digits
    }

    @Test func fuzz() throws {
        try Fuzz(
            offsets: -1..<5,
            make: { clock in
                let pit = I8254(clock: clock)
                pit.connectOUT(0) { _ in }
                pit.connectOUT(2) { _ in }
                return pit
            },
            host: { $0.setGate(Int($1 & 3), $1 & 4 != 0) },
            wires: { pit in (0..<3).map { pit.isOUTHigh($0) } }
        ).run(seed: 8254)
    }
}

/// One counter with one-byte access, moved on by single CLK pulses: the datasheet's mode definitions, sentence by sentence.
private struct SteppedCounter {
    var mode = 0
    var isBCD = false
    var CR = 0
    var CE = 0
    var OUT = false
    var gate = true
    var loadsNext = false
    var isArmed = false
    var isLoaded = false
    var isOneShotRunning = false
    var isOddHalf = false

    private var modulus: Int { isBCD ? 10_000 : 65_536 }
    private var count: Int { CR == 0 ? modulus : CR }

    mutating func program(mode: Int, isBCD: Bool) {
        let gate = gate
        self = SteppedCounter()
        self.gate = gate
        self.mode = mode
        self.isBCD = isBCD
        OUT = mode != 0
    }

    mutating func write(_ count: Int) {
        CR = count
        switch mode {
        case 0:
            OUT = false
            isOneShotRunning = false
            isLoaded = false
            loadsNext = true
        case 4: loadsNext = true
        case 2, 3: if !isArmed { loadsNext = true }
        default: break
        }
        isArmed = true
    }

    mutating func setGate(_ level: Bool) {
        let isRising = level && !gate
        let isFalling = !level && gate
        gate = level
        if mode == 2 || mode == 3, isFalling { OUT = true }
        if isRising, isArmed, [1, 2, 3, 5].contains(mode) { loadsNext = true }
    }

    mutating func pulse() {
        if loadsNext {
            loadsNext = false
            isLoaded = true
            isOneShotRunning = true
            CE = count % modulus
            OUT = mode != 0 && mode != 1
            if mode == 3 { loadHalf() }
            return
        }
        guard isLoaded, gate || mode == 1 || mode == 5 else { return }
        switch mode {
        case 2:
            CE = CE == 1 ? count % modulus : decremented(by: 1)
            OUT = CE != 1
        case 3:
            let isLongHalf = isOddHalf && OUT
            if CE == 0 && isLongHalf && !isFresh || (CE == 2 && !isLongHalf) {
                OUT.toggle()
                loadHalf()
            } else {
                CE = decremented(by: 2)
                isFresh = false
            }
        default:
            if (mode == 4 || mode == 5) && !OUT {
                OUT = true
                isOneShotRunning = false
            }
            CE = decremented(by: 1)
            if CE == 0 && isOneShotRunning {
                if mode < 2 {
                    OUT = true
                    isOneShotRunning = false
                } else {
                    OUT = false
                }
            }
        }
    }

    /// CE reads zero because the count is the modulus, not because it expired.
    private var isFresh = false

    private mutating func loadHalf() {
        isOddHalf = count % 2 != 0
        CE = (count - count % 2) % modulus
        isFresh = CE == 0
    }

    private func decremented(by step: Int) -> Int { (CE - step + modulus) % modulus }
}
