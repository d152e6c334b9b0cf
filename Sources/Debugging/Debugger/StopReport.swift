import Board
import Inspection
import Processor

/// The reason and the place of a machine's stop under a debugger.
public struct StopReport: Equatable, Sendable {
    /// The reason for a stop.
    public enum Cause: Equatable, Sendable {
        /// As many instructions as were asked for, or the place that was asked for.
        case done
        /// These points, by number; `event` says what happened.
        case reached([Int])
        /// The budget of instructions is used up.
        case budget
        /// `Debugger.lastTick` or `PC.instructionLimit` is reached.
        case lastTick
        /// Somebody asked for it between two slices.
        case asked
        /// The processor is halted and nothing is due ever.
        case idle
        /// Going back came to the earliest moment that is remembered.
        case beginning
        case ended(PC.Ending)
    }

    /// The reason.
    public let cause: Cause
    /// The event of the stop, if it was one.
    public let event: StopEvent?
    /// CS:EIP of the next instruction, its linear address, and the time.
    public let cs: UInt16
    /// The offset of the next instruction.
    public let rip: UInt64
    /// The linear address of the next instruction.
    public let linear: UInt64
    /// The time, in ticks.
    public let tick: UInt64
    /// A small watched range before and after.
    public let change: Change?

    /// A watched range whose contents are others than before.
    public struct Change: Equatable, Sendable {
        /// Linear address of the first byte.
        public let address: UInt64
        /// The bytes before.
        public let old: [UInt8]
        /// The bytes after.
        public let new: [UInt8]
    }

    package init(_ cause: Cause, _ pc: PC, event: StopEvent? = nil, change: Change? = nil) {
        self.cause = cause
        self.event = event
        self.change = change
        let view = MachineView(pc)
        cs = view.state.cs.selector
        rip = view.state.rip
        linear = view.linearIP
        tick = pc.clock.now
    }

    /// It is the end that another report told of already.
    func isRepetition(of other: StopReport?) -> Bool {
        if case .ended = cause { cause == other?.cause && tick == other?.tick && linear == other?.linear } else { false }
    }

    /// The machine came to where it was asked to go.
    public var isDone: Bool { cause == .done }
}
