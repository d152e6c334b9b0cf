import Chips
import Wiring

/// The AT's glue between the coprocessor and IRQ 13: IBM AT Technical Reference, "Coprocessor"; Intel 82371SB, FERR#/IGNNE#.
///
/// FERR# latches the request; a write to offset 0 (port F0h) clears it and, while FERR# is active, asserts IGNNE#, by which a handler may execute
/// x87 instructions with the error still pending. The end of FERR# ends it. Offset 1 (port F1h), which reset an 80287, does nothing.
public final class CoprocessorError: Chip, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The processor's FERR# pin, as a logical level: an unmasked x87 exception is pending.
        public var FERR = false
        /// IRQ 13 is requested, until port F0h is written.
        public var isRequested = false
        /// IGNNE# is asserted, until FERR# ends.
        public var IGNNE = false
    }

    public let name = "coprocessor"
    /// The request line, IRQ 13.
    public let irq = Wire()
    private var latch = State()

    /// The state after power-on: nothing is pending.
    public init() {}

    public var state: State {
        get { latch }
        set {
            latch = newValue
            irq.set(latch.isRequested)
        }
    }

    public func reset() { state = State() }

    /// The FERR# pin of the processor, as a logical level.
    func setFERR(_ level: Bool) {
        if level, !latch.FERR { latch.isRequested = true }
        latch.FERR = level
        if !level { latch.IGNNE = false }
        irq.set(latch.isRequested)
    }

    public func read(offset: Int) -> UInt8 { 0xFF }
    public func peek(offset: Int) -> UInt8 { 0xFF }
    public func write(offset: Int, value: UInt8) {
        guard offset == 0 else { return }
        latch.isRequested = false
        latch.IGNNE = latch.FERR
        irq.set(false)
    }
}
