import Wiring

/// The parallel port of a PC with a printer that is always ready. IBM PC Technical Reference, "Printer Adapter"; IEEE 1284, compatibility mode.
///
/// Offsets: 0 is the data latch, 1 the status (read-only), 2 the control. A rising STROBE hands the latch's byte to the printer, which is busy
/// for 5 µs and then acknowledges; IRQ_ENABLE leads the acknowledgement to the interrupt, which a read of the status takes back.
/// Not emulated: the bidirectional, EPP and ECP modes, paper that runs out.
public final class ParallelPort: Chip, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The data latch.
        public var data: UInt8 = 0
        /// STROBE, AUTOFD, INIT#, SELIN, IRQ_ENABLE.
        public var control: UInt8 = 0
        /// The tick at which the printer will have taken its byte; nil while it waits for one.
        public var acknowledge: UInt64?
        /// The interrupt is asked for.
        public var isAsking = false
    }

    /// The pins as a program sees them: BUSY is inverted, so that its bit is 0 while the printer is busy.
    private struct Status: OptionSet {
        let rawValue: UInt8
        static let ERROR = Self(rawValue: 0x08), SLCT = Self(rawValue: 0x10), ACK = Self(rawValue: 0x40),
            BUSY = Self(rawValue: 0x80)
    }

    private struct Control: OptionSet {
        let rawValue: UInt8
        static let STROBE = Self(rawValue: 0x01), IRQ_ENABLE = Self(rawValue: 0x10)
        static let all: UInt8 = 0x1F
    }

    public let name: String
    /// The interrupt.
    public let irq = Wire()
    /// Hears each byte that the printer takes.
    public var onByte: ((UInt8) -> Void)?
    private let clock: Clock
    private var registers = State()
    private var acknowledgement: Clock.Event?

    /// The chip as it is after power-on.
    public init(name: String = "lpt1", clock: Clock) {
        self.name = name
        self.clock = clock
        acknowledgement = clock.register("\(name).ACK") { [unowned self] in acknowledge() }
    }

    public var state: State {
        get { registers }
        set {
            registers = newValue
            registers.control &= Control.all
            // No chip has a byte on its way for longer than a byte takes.
            registers.acknowledge = newValue.acknowledge.map { min($0, clock.now &+ busyTicks) }
            schedule()
            irq.set(registers.isAsking)
        }
    }

    public func reset() {
        registers = State()
        schedule()
        irq.set(false)
    }

    public func peek(offset: Int) -> UInt8 {
        switch offset {
        case 0: registers.data
        case 1:
            Status([.ERROR, .SLCT]).union(registers.acknowledge == nil ? [.ACK, .BUSY] : []).rawValue
        // The upper bits are not there.
        case 2: registers.control | ~Control.all
        default: 0xFF
        }
    }

    public func read(offset: Int) -> UInt8 {
        if offset == 1 { ask(false) }
        return peek(offset: offset)
    }

    public func isSteady(offset: Int) -> Bool { offset != 1 || !registers.isAsking }

    public func write(offset: Int, value: UInt8) {
        switch offset {
        case 0: registers.data = value
        case 2:
            let rises = Control(rawValue: value & ~registers.control).contains(.STROBE)
            registers.control = value & Control.all
            if !Control(rawValue: value).contains(.IRQ_ENABLE) { ask(false) }
            guard rises else { return }
            ask(false)
            onByte?(registers.data)
            registers.acknowledge = clock.now &+ busyTicks
            schedule()
        default: break
        }
    }

    private var busyTicks: UInt64 { clock.ticks(microseconds: 5) }

    private func acknowledge() {
        registers.acknowledge = nil
        ask(Control(rawValue: registers.control).contains(.IRQ_ENABLE))
    }

    private func ask(_ asks: Bool) {
        registers.isAsking = asks
        irq.set(asks)
    }

    private func schedule() {
        guard let acknowledgement else { return }
        if let tick = registers.acknowledge { clock.schedule(acknowledgement, at: tick) } else { clock.cancel(acknowledgement) }
    }
}
