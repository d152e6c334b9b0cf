import Wiring

/// A high-precision event timer: IA-PC HPET specification, revision 1.0a.
///
/// Offsets are those of its kilobyte at FED00000h. Accesses are of 32 or 64 bits; the bus brings 32 at a time.
///
/// Emulated: the main counter at 100 MHz, three comparators of 64 bits, periodic ones with the value setting of TN_VAL_SET_CNF, edge and level
/// interrupts, the legacy replacement routes, a choice of I/O APIC inputs. Not emulated: delivery by the front-side bus.
public final class HPET: Chip, MemoryDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The general configuration register.
        public var configuration: UInt64 = 0
        /// The general interrupt status register.
        public var interruptStatus: UInt64 = 0
        /// The main counter while it is halted; while it runs, its value when the timer's cycles were 0.
        public var counter: UInt64 = 0
        /// Comparator 0.
        public var timer0 = Comparator()
        /// Comparator 1.
        public var timer1 = Comparator()
        /// Comparator 2.
        public var timer2 = Comparator()
        /// The legacy lines of edge-triggered comparators that are high since their last match, a bit each.
        public var edges: UInt8 = 0

        /// The state after power-on.
        public init() {}
    }

    /// One comparator with its configuration.
    public struct Comparator: Codable, Equatable, Sendable {
        /// The configuration and capability register, as far as it can be written.
        public var configuration: UInt64 = 0
        /// The comparator register.
        public var value: UInt64 = .max
        /// The step that a periodic one adds to its value each time.
        public var period: UInt64 = 0

        /// A comparator as it is after power-on.
        public init() {}
    }

    /// Counter cycles in a virtual second: a period of 10,000,000 femtoseconds.
    public static let frequency: UInt64 = 100_000_000
    static let comparators = 3
    /// I/O APIC inputs that a comparator may be routed to: 8 to 11 and 16 to 23.
    private static let routes: UInt64 = 0x00FF_0F00

    private enum Configuration {
        /// ENABLE_CNF
        static let enable: UInt64 = 1
        /// LEG_RT_CNF
        static let legacyReplacement: UInt64 = 2
    }

    /// Bits of a comparator's configuration. Section 2.3.8.
    private enum Bit {
        static let isLevel: UInt64 = 1 << 1
        static let enable: UInt64 = 1 << 2
        static let periodic: UInt64 = 1 << 3
        static let valueSet: UInt64 = 1 << 6
        static let is32: UInt64 = 1 << 8
        static let writable: UInt64 = 0x3F4E
        static func route(_ configuration: UInt64) -> Int { Int(configuration >> 9 & 31) }
    }

    public let name = "hpet"
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    /// Drives an input of the I/O APIC.
    public var onInput: ((Int, Bool) -> Void)?
    /// Drives IRQ 0 and IRQ 8 in place of the 8254 and the clock chip, while the legacy replacement routes are on.
    public var onLegacy: ((Int, Bool) -> Void)?
    /// The 8254's and the clock chip's own lines are cut off.
    public let replacesLegacy = Wire()

    /// The lines that are high, a bit each: inputs of the I/O APIC, then IRQs.
    private struct Lines: Equatable {
        var inputs: UInt32 = 0
        var legacy: UInt32 = 0
    }

    private let clock: Clock
    private var event: Clock.Event?
    private var registers = State()
    private var driven = Lines()

    /// The timer as it is after power-on.
    public init(clock: Clock) {
        self.clock = clock
        event = clock.register(name) { [unowned self] in expire() }
    }

    public var state: State {
        get { registers }
        set {
            registers = newValue
            replacesLegacy.set(isLegacyReplaced)
            driveLines()
            schedule()
        }
    }

    public func reset() {
        registers = State()
        driveLines()
        replacesLegacy.set(false)
        schedule()
    }

    // MARK: Counting

    private var isRunning: Bool { registers.configuration & Configuration.enable != 0 }
    private var isLegacyReplaced: Bool { registers.configuration & Configuration.legacyReplacement != 0 }
    private var counter: UInt64 { isRunning ? registers.counter &+ clock.cycles(of: Self.frequency) : registers.counter }

    private subscript(_ number: Int) -> Comparator {
        get {
            switch number {
            case 0: registers.timer0
            case 1: registers.timer1
            default: registers.timer2
            }
        }
        set {
            switch number {
            case 0: registers.timer0 = newValue
            case 1: registers.timer1 = newValue
            default: registers.timer2 = newValue
            }
        }
    }

    /// Cycles until a comparator matches, at least 1.
    private func distance(_ comparator: Comparator) -> UInt64 {
        let distance = comparator.value &- counter
        if comparator.configuration & Bit.is32 != 0 {
            let low = distance & 0xFFFF_FFFF
            return low == 0 ? 1 << 32 : low
        }
        return distance == 0 ? .max : distance
    }

    private func schedule() {
        guard let event else { return }
        guard isRunning else { return clock.cancel(event) }
        var nearest = UInt64.max
        for number in 0..<Self.comparators { nearest = min(nearest, distance(self[number])) }
        // Half of the counter's range away is behind it.
        guard nearest < 1 << 63 else { return clock.cancel(event) }
        let deadline = clock.tick(ofCycle: clock.cycles(of: Self.frequency) &+ nearest, of: Self.frequency)
        if deadline > clock.now { clock.schedule(event, at: deadline) } else { clock.cancel(event) }
    }

    /// Serves the comparators that the counter has reached.
    private func expire() {
        let now = counter
        for number in 0..<Self.comparators {
            var comparator = self[number]
            let mask: UInt64 = comparator.configuration & Bit.is32 != 0 ? 0xFFFF_FFFF : .max
            let late = (now &- comparator.value) & mask
            // An event comes at the cycle itself or, when a cycle is shorter than a tick, some cycles after it.
            guard late <= Self.frequency / clock.rate + 1 else { continue }
            if comparator.configuration & Bit.periodic != 0, comparator.period > 0 {
                comparator.value = (comparator.value &+ (late / comparator.period + 1) &* comparator.period) & mask
                self[number] = comparator
            }
            interrupt(number)
        }
        schedule()
    }

    // MARK: Lines

    private func isLevel(_ number: Int) -> Bool { self[number].configuration & Bit.isLevel != 0 }
    private func mayInterrupt(_ number: Int) -> Bool { self[number].configuration & Bit.enable != 0 }
    private func isLegacy(_ number: Int) -> Bool { isLegacyReplaced && number < 2 }

    /// A comparator's match. A level stays until its status is cleared. Section 2.3.8, Tn_INT_TYPE_CNF.
    ///
    /// Of an edge the I/O APIC takes a pulse. An 8259A forgets a request that goes away before it was acknowledged, so that a legacy line stays high, as
    /// that of the 8254 does, and falls just before it rises the next time.
    private func interrupt(_ number: Int) {
        let bit: UInt8 = 1 << UInt8(number)
        if isLevel(number) {
            registers.interruptStatus |= UInt64(bit)
        } else if mayInterrupt(number) {
            if isLegacy(number) {
                registers.edges &= ~bit
                driveLines()
                registers.edges |= bit
            } else {
                let input = Bit.route(self[number].configuration)
                guard driven.inputs >> UInt32(input) & 1 == 0 else { return }
                onInput?(input, true)
                onInput?(input, false)
            }
        }
        driveLines()
    }

    /// Lets the lines follow the registers.
    private func driveLines() {
        var lines = Lines()
        for number in 0..<Self.comparators {
            let bit: UInt8 = 1 << UInt8(number)
            if isLevel(number) || !mayInterrupt(number) || !isLegacy(number) { registers.edges &= ~bit }
            let isAsking = mayInterrupt(number) && isLevel(number) && registers.interruptStatus & UInt64(bit) != 0
            guard isAsking || registers.edges & bit != 0 else { continue }
            if isLegacy(number) {
                lines.legacy |= 1 << (number == 0 ? 0 : 8)
            } else {
                lines.inputs |= 1 << UInt32(Bit.route(self[number].configuration))
            }
        }
        let changed = Lines(inputs: lines.inputs ^ driven.inputs, legacy: lines.legacy ^ driven.legacy)
        guard changed != Lines() else { return }
        driven = lines
        for line in 0..<32 {
            if changed.legacy >> line & 1 != 0 { onLegacy?(line, lines.legacy >> line & 1 != 0) }
            if changed.inputs >> line & 1 != 0 { onInput?(line, lines.inputs >> line & 1 != 0) }
        }
    }

    // MARK: Registers

    public func readMemory(offset: Int) -> UInt8 { peekMemory(offset: offset) }

    public func peekMemory(offset: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: register(at: offset & 0x3F8) >> UInt64(8 * (offset & 7)))
    }

    public func writeMemory(offset: Int, value: UInt8) {
        diagnostics?.report(Diagnostic(chip: "HPET", message: "a write that is not of 32 or 64 bits is lost", unit: "writes lost"))
    }

    public func writeMemory(offset: Int, width: AccessWidth, value: UInt32) {
        guard width == .doubleword, offset & 3 == 0 else { return writeMemory(offset: offset, value: 0) }
        let isHigh = offset & 4 != 0
        let old = register(at: offset & 0x3F8)
        let new = isHigh ? old & 0xFFFF_FFFF | UInt64(value) << 32 : old & ~0xFFFF_FFFF | UInt64(value)
        write(offset & 0x3F8, new, isHigh: isHigh, part: UInt64(value))
        schedule()
    }

    private func register(at offset: Int) -> UInt64 {
        switch offset {
        // COUNTER_CLK_PERIOD in femtoseconds, Intel's identification, legacy routes, a counter of 64 bits, three comparators, revision 1.
        case 0: return (1_000_000_000_000_000 / Self.frequency) << 32 | 0x8086_A201
        case 0x10: return registers.configuration
        case 0x20: return registers.interruptStatus
        case 0xF0: return counter
        default: break
        }
        let number = (offset - 0x100) / 0x20
        guard offset >= 0x100, number < Self.comparators else { return 0 }
        switch offset & 0x1F {
        // Its routes, 64 bits wide, able to be periodic.
        case 0: return self[number].configuration | Self.routes << 32 | 0x30
        case 8: return self[number].value
        default: return 0
        }
    }

    private func write(_ offset: Int, _ value: UInt64, isHigh: Bool, part: UInt64) {
        switch offset {
        case 0x10: configure(value & 3)
        case 0x20 where !isHigh:
            registers.interruptStatus &= ~part
            driveLines()
        case 0xF0: if !isRunning { registers.counter = value }
        case 0x100...: writeComparator((offset - 0x100) / 0x20, offset & 0x1F, value, isHigh: isHigh)
        default: break
        }
    }

    private func configure(_ value: UInt64) {
        let now = counter
        registers.configuration = value
        registers.counter = isRunning ? now &- clock.cycles(of: Self.frequency) : now
        // First its own lines: a legacy one that is given back falls before the 8254's level is there again.
        driveLines()
        replacesLegacy.set(isLegacyReplaced)
    }

    private func writeComparator(_ number: Int, _ register: Int, _ value: UInt64, isHigh: Bool) {
        guard number < Self.comparators else { return }
        if register == 0 {
            guard !isHigh else { return }
            self[number].configuration = value & Bit.writable
            if value & Bit.is32 != 0 { self[number].value &= 0xFFFF_FFFF }
            driveLines()
        } else if register == 8 {
            // Of a periodic one a write sets the period, and the value as well after TN_VAL_SET_CNF. Section 2.3.9.2.1.
            let isPeriodic = self[number].configuration & Bit.periodic != 0
            if isPeriodic {
                let low: UInt64 = 0xFFFF_FFFF
                self[number].period = isHigh ? self[number].period & low | value & ~low : self[number].period & ~low | value & low
            }
            if !isPeriodic || self[number].configuration & Bit.valueSet != 0 {
                self[number].value = self[number].configuration & Bit.is32 != 0 ? value & 0xFFFF_FFFF : value
            }
            if isHigh || self[number].configuration & Bit.is32 != 0 { self[number].configuration &= ~Bit.valueSet }
        }
    }
}
