import Wiring

/// System control port A of the PS/2 (port 92h; IBM PS/2 Hardware Interface Technical Reference, "System Control Port A").
///
/// Offset 0 is the port. Emulated: bit 0, the fast processor reset, on its rising edge; bit 1, the second A20 gate.
///
/// Not emulated: the security lock, the watchdog and the activity lights (bits 3, 4, 6, 7); bits 3, 6 and 7 keep what is written.
public final class SystemControlPortA: Chip, PortDevice {
    struct Bits: OptionSet {
        let rawValue: UInt8
        static let fastReset = Self(rawValue: 0x01), A20 = Self(rawValue: 0x02), writable = Self(rawValue: 0xCB)
    }

    public struct State: Codable, Equatable, Sendable {
        /// The register's bits.
        public var value: UInt8 = 0
        /// The state after power-on.
        public init() {}
    }

    public let name: String
    /// This gate's A20 line, low at power-on; the board joins it with the 8042's.
    public let a20 = Wire()
    /// A high pulse for each fast reset.
    public let processorReset = Wire()
    private var registers = State()

    /// The chip as it is after power-on.
    public init(name: String = "port92") { self.name = name }

    public var state: State {
        get { registers }
        set {
            registers = newValue
            a20.set(Bits(rawValue: registers.value).contains(.A20))
        }
    }

    public func reset() { state = State() }

    public func read(offset: Int) -> UInt8 { peek(offset: offset) }
    public func peek(offset: Int) -> UInt8 { offset == 0 ? registers.value : 0xFF }

    public func write(offset: Int, value: UInt8) {
        guard offset == 0 else { return }
        let old = Bits(rawValue: registers.value)
        let new = Bits(rawValue: value).intersection(.writable)
        registers.value = new.rawValue
        a20.set(new.contains(.A20))
        if new.contains(.fastReset) && !old.contains(.fastReset) { processorReset.pulse() }
    }
}

/// System control port B (port 61h; IBM PS/2 Hardware Interface Technical Reference, "System Control Port B").
///
/// Offset 0 is the port. Emulated: gate and output of the timer's counter 2, speaker data, the parity and channel check enables as
/// plain bits, the refresh toggle, which changes each 18 cycles of the timer's clock (15.09 µs) as counter 1 of a PC makes it.
///
/// Not emulated: there are no parity or channel check errors.
public final class SystemControlPortB: Chip, PortDevice {
    /// The bits of the port.
    public struct Bits: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The timer's gate; the speaker's data.
        public static let timer2Gate = Self(rawValue: 0x01), speakerData = Self(rawValue: 0x02)
        /// The checks are off, and their flags cleared.
        public static let disableParityCheck = Self(rawValue: 0x04), disableChannelCheck = Self(rawValue: 0x08)
        /// The refresh toggle; the output of counter 2.
        public static let refreshToggle = Self(rawValue: 0x10), timer2OUT = Self(rawValue: 0x20)
        /// The bits that a write changes.
        public static let writable = Self(rawValue: 0x0F)
    }

    public struct State: Codable, Equatable, Sendable {
        /// The bits as they were written.
        public var value: Bits = []
        /// The state after power-on.
        public init() {}
    }

    /// Cycles of the timer's clock between two refresh requests.
    static let refreshCycles: UInt64 = 18

    public let name: String
    /// Called when gate or data bit change; with the data bit set the speaker follows OUT2.
    public var onSpeaker: ((_ gate: Bool, _ data: Bool) -> Void)?
    private let clock: Clock
    private let timer: I8254
    private var registers = State()

    /// The port as it is after power-on, beside a timer.
    public init(name: String = "port61", clock: Clock, timer: I8254) {
        self.name = name
        self.clock = clock
        self.timer = timer
        timer.setGate(2, false)
    }

    /// The timer keeps its gates in its own state; restoring this port does not touch them.
    public var state: State {
        get { registers }
        set { registers.value = newValue.value.intersection(.writable) }
    }

    public func reset() {
        registers = State()
        timer.setGate(2, false)
    }

    public func read(offset: Int) -> UInt8 { peek(offset: offset) }

    public func peek(offset: Int) -> UInt8 {
        guard offset == 0 else { return 0xFF }
        var value = registers.value
        if clock.cycles(of: I8254.frequency) / Self.refreshCycles & 1 != 0 { value.insert(.refreshToggle) }
        if timer.isOUTHigh(2) { value.insert(.timer2OUT) }
        return value.rawValue
    }

    public func write(offset: Int, value: UInt8) {
        guard offset == 0 else { return }
        let old = registers.value
        registers.value = Bits(rawValue: value).intersection(.writable)
        timer.setGate(2, registers.value.contains(.timer2Gate))
        if old.symmetricDifference(registers.value).isDisjoint(with: [.timer2Gate, .speakerData]) { return }
        onSpeaker?(registers.value.contains(.timer2Gate), registers.value.contains(.speakerData))
    }
}

/// Reset control register of the PIIX3 (port CF9h; Intel 82371SB, section 2.5.4, "RC").
///
/// Offset 0 is the register. Emulated: a rising edge of bit 2 (RCPU) resets, hard when bit 1 (SRST) is set, else the processor alone.
public final class ResetControl: Chip, PortDevice {
    /// A kind of reset.
    public enum Kind: Sendable {
        /// The processor's INIT.
        case soft
        /// PCIRST#, RSTDRV and CPURST: the whole board.
        case hard
    }

    struct Bits: OptionSet {
        let rawValue: UInt8
        static let SRST = Self(rawValue: 0x02), RCPU = Self(rawValue: 0x04), writable = Self(rawValue: 0x06)
    }

    public struct State: Codable, Equatable, Sendable {
        /// The register's bits.
        public var RC: UInt8 = 0
        /// The state after power-on.
        public init() {}
    }

    public let name: String
    /// Hears a reset that the guest asks for.
    public var onReset: ((Kind) -> Void)?
    public var state = State()

    /// The chip as it is after power-on.
    public init(name: String = "rc") { self.name = name }

    public func reset() { state = State() }

    public func read(offset: Int) -> UInt8 { peek(offset: offset) }
    public func peek(offset: Int) -> UInt8 { offset == 0 ? state.RC : 0xFF }

    public func write(offset: Int, value: UInt8) {
        guard offset == 0 else { return }
        let wasSet = Bits(rawValue: state.RC).contains(.RCPU)
        let bits = Bits(rawValue: value).intersection(.writable)
        state.RC = bits.rawValue
        if bits.contains(.RCPU) && !wasSet { onReset?(bits.contains(.SRST) ? .hard : .soft) }
    }
}
