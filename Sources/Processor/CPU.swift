import Wiring
import X86

/// The processor: state, caches and the run loop. SDM Vol. 3A.
public final class CPU {
    /// Why `run(until:)` came back.
    public enum Stop: Equatable, Sendable {
        /// The clock reached the limit, or the next deadline of the clock.
        case deadline
        /// HLT with no interrupt to serve: only an interrupt, NMI or reset goes on. Time may be skipped.
        case halted
        /// A fault while delivering a double fault: the machine is in the shutdown state until reset.
        case shutdown
        /// `requestStop()` was called.
        case requested
    }

    public let model: CPUModel
    public let bus: any Bus
    public let clock: Clock

    public init(model: CPUModel, bus: any Bus, clock: Clock) {
        self.model = model
        self.bus = bus
        self.clock = clock
    }

    /// Executes until `clock.now` reaches `tick` or the clock's next deadline, or something else needs the board.
    public func run(until tick: UInt64) -> Stop { .halted }

    /// Level of the INTR pin.
    public func setINTR(_ level: Bool) {}
    /// A rising edge of the NMI pin.
    public func raiseNMI() {}
    /// Level of the A20M# function: false forces address bit 20 low.
    public func setA20(_ enabled: Bool) {}
    /// The RESET pin: everything to its power-on value.
    public func reset() {}
    /// Makes `run(until:)` return at the next instruction boundary. May be called by a chip during an access.
    public func requestStop() {}
    /// The board changed which host memory is behind some physical page: drops all translations.
    public func mapChanged() {}
    /// Somebody else than this processor wrote RAM: decoded code from there is dropped.
    public func memoryWritten(physical: UInt64, count: Int) {}
}
