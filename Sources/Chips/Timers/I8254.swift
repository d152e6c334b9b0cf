import Wiring

/// Intel 8254 programmable interval timer (datasheet 231164), with the 1,193,182 Hz of a PC at all three CLK inputs.
///
/// Offsets: 0–2 are the counters, 3 is the control word.
///
/// Emulated: all six modes, binary and BCD, one- and two-byte access, gates, counter latch and read-back commands, null count.
/// Counts are computed from the clock when somebody looks; a counter has deadlines only when its OUT was connected.
///
/// Not emulated: the counts of 1 that the datasheet forbids in modes 2 and 3 leave OUT high.
public final class I8254: Chip, PortDevice {
    /// Frequency of CLK in hertz: the 14.31818 MHz crystal of a PC divided by 12.
    public static let frequency: UInt64 = 1_193_182

    public struct State: Codable, Equatable, Sendable {
        /// Counter 0: a PC's IRQ 0.
        public var counter0 = Counter()
        /// Counter 1: a PC's refresh.
        public var counter1 = Counter()
        /// Counter 2: a PC's speaker.
        public var counter2 = Counter()
        /// The state after power-on.
        public init() {}
    }

    public let name: String
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?

    private let clock: Clock
    private var counters = [Counter(), Counter(), Counter()]
    private let outputs = [Wire(), Wire(), Wire()]
    private var events: [Clock.Event?] = [nil, nil, nil]

    /// The chip as it is after power-on.
    public init(name: String = "pit", clock: Clock) {
        self.name = name
        self.clock = clock
    }

    public var state: State {
        get {
            var state = State()
            state.counter0 = counters[0]
            state.counter1 = counters[1]
            state.counter2 = counters[2]
            return state
        }
        set {
            counters = [newValue.counter0, newValue.counter1, newValue.counter2]
            for index in 0..<3 {
                counters[index].makeSane(at: cycle)
                outputs[index].set(counters[index].OUT)
                schedule(index)
            }
        }
    }

    /// The 8254 has no RESET pin; its counters are undefined at power-on. Here they stand still with OUT low. Gates keep their level.
    public func reset() {
        for index in 0..<3 {
            var counter = Counter()
            counter.gate = counters[index].gate
            counter.since = cycle
            counters[index] = counter
            outputs[index].set(false)
            schedule(index)
        }
    }

    /// Connects pin OUT of counter `index` (0–2). Only connected outputs cost deadlines.
    public func connectOUT(_ index: Int, _ listener: @escaping (_ isHigh: Bool) -> Void) {
        guard counters.indices.contains(index) else { return }
        synchronize(index)
        outputs[index].connect(listener)
        outputs[index].set(counters[index].OUT)
        if events[index] == nil {
            events[index] = clock.register("\(name).OUT\(index)") { [unowned self] in synchronize(index) }
        }
        schedule(index)
    }

    /// Level of pin OUT of counter `index` now, connected or not.
    public func isOUTHigh(_ index: Int) -> Bool {
        guard counters.indices.contains(index) else { return false }
        var counter = counters[index]
        counter.advance(to: cycle)
        return counter.OUT
    }

    /// Drives pin GATE of counter `index`. All gates start high.
    public func setGate(_ index: Int, _ level: Bool) {
        guard counters.indices.contains(index) else { return }
        synchronize(index)
        counters[index].setGate(level, at: cycle)
        settle(index)
    }

    /// Returns the level at a counter's GATE, 0 to 2.
    public func gate(_ index: Int) -> Bool { counters.indices.contains(index) && counters[index].gate }

    // MARK: Time

    private var cycle: UInt64 { clock.cycles(of: Self.frequency) }

    /// Moves counter `index` to the present. Edges of a connected OUT on the way are driven one by one; when so many CLK cycles fit
    /// into one tick that more than eight are due, the rest is skipped.
    private func synchronize(_ index: Int) {
        let now = cycle
        if events[index] != nil {
            for _ in 0..<8 {
                guard let change = counters[index].nextChange, change <= now else { break }
                counters[index].advance(to: change)
                outputs[index].set(counters[index].OUT)
            }
        }
        counters[index].advance(to: now)
        settle(index)
    }

    private func settle(_ index: Int) {
        guard events[index] != nil else { return }
        outputs[index].set(counters[index].OUT)
        schedule(index)
    }

    private func schedule(_ index: Int) {
        guard let event = events[index] else { return }
        if let change = counters[index].nextChange {
            clock.schedule(event, at: clock.tick(ofCycle: change, of: Self.frequency))
        } else {
            clock.cancel(event)
        }
    }

    // MARK: Registers

    public func read(offset: Int) -> UInt8 {
        guard counters.indices.contains(offset) else { return 0xFF }
        synchronize(offset)
        return counters[offset].read()
    }

    public func peek(offset: Int) -> UInt8 {
        guard counters.indices.contains(offset) else { return 0xFF }
        var counter = counters[offset]
        counter.advance(to: cycle)
        return counter.read()
    }

    public func write(offset: Int, value: UInt8) {
        switch offset {
        case 0...2:
            synchronize(offset)
            counters[offset].write(value, at: cycle)
            reportIllegalCount(offset)
            settle(offset)
        case 3 where value >> 6 == 3: readBack(value)
        case 3:
            let index = Int(value >> 6)
            synchronize(index)
            if Access(rawValue: (value >> 4) & 3) == .latch {
                counters[index].latchCount()
            } else {
                if counters[index].firstByte != nil {
                    diagnostics?.report(
                        Diagnostic(
                            chip: "8254", message: "counter \(index): a control word between the two bytes of a count",
                            unit: "counts lost"))
                }
                counters[index].program(value)
            }
            settle(index)
        default: return
        }
    }

    /// Read-back command: bits 1–3 select counters, a clear bit 5 latches their counts, a clear bit 4 their status.
    private func readBack(_ command: UInt8) {
        for index in 0..<3 where command & (2 << UInt8(truncatingIfNeeded: index)) != 0 {
            synchronize(index)
            if command & 0x20 == 0 { counters[index].latchCount() }
            if command & 0x10 == 0 { counters[index].latchStatus() }
        }
    }

    private func reportIllegalCount(_ index: Int) {
        let counter = counters[index]
        guard counter.CR == 1, counter.mode == .rateGenerator || counter.mode == .squareWave else { return }
        diagnostics?.report(
            Diagnostic(chip: "8254", message: "counter \(index): a count of 1 is illegal in mode \(counter.mode.rawValue)"))
    }
}
