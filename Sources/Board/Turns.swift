import Processor

/// Several processors on one thread of the host: in a fixed order each executes a quantum of instructions, and its turn ends early at HLT and at PAUSE.
///
/// Each instruction of any processor is a tick of the clock, so that ticks put all of them in one order, and locked operations are exact because nothing
/// is ever executed at the same time. Events of the clock happen at their ticks, in anybody's turn. A processor that is the only one with
/// something to do goes on without interruption; the ends of its turns pass by.
extension PC {
    /// Whose turn it is, and until which tick.
    public struct Turn: Codable, Equatable, Sendable {
        /// The number of the processor.
        public var processor = 0
        /// The tick at which it began.
        public var begin: UInt64 = 0
        /// The tick at which it ends, where nothing ends it early.
        public var end: UInt64 = 0
        /// A debugger lets this processor go alone. Snapshots do not have it.
        public internal(set) var only: Int?

        private enum CodingKeys: String, CodingKey {
            case processor, begin, end
        }
    }

    /// Instructions in a turn, where the configuration says nothing.
    public static let usualQuantum: UInt64 = 2_000
    /// Lengths of a turn that a configuration may ask for.
    public static let possibleQuanta: ClosedRange<UInt64> = 1...1_000_000_000

    /// Runs the processor whose turn it is.
    func runTurn(until tick: UInt64) -> CPU.Stop {
        guard processors.count > 1 else { return cpu.run(until: tick) }
        if !cpu.isRunnable || clock.now >= turn.end { passTurn() }
        let isAlone = nextProcessor == nil
        cpu.yieldsAtPause = !isAlone
        return cpu.run(until: isAlone ? tick : min(tick, turn.end))
    }

    /// An event of the clock has happened: a turn whose end has passed by, because nobody else had something to do, has another end behind this tick. Not
    /// wherever a run begins, for what happens must not depend on how often the board is asked to run.
    func extendTurn() {
        guard clock.now >= turn.end, processors.count > 1, cpu.isRunnable, nextProcessor == nil else { return }
        turn.end += ((clock.now - turn.end) / configuration.quantum + 1) * configuration.quantum
    }

    /// The first processor after this one that has something to do.
    var nextProcessor: Int? {
        turn.only == nil ? CPU.nextRunnable(of: processors, behind: turn.processor) : nil
    }

    /// Gives the turn to the next processor that has something to do; false where there is no other.
    @discardableResult
    func passTurn() -> Bool {
        guard processors.count > 1, let next = nextProcessor else { return false }
        turn = Turn(processor: next, begin: clock.now, end: clock.now + configuration.quantum)
        onTurn?()
        return true
    }

    /// Makes it a processor's turn before the others had theirs: somebody outside wants it so, and the machine is another one from there on.
    public func giveTurn(to number: Int) {
        guard processors.indices.contains(number), processors[number].isRunnable, number != turn.processor else { return }
        turn = Turn(processor: number, begin: clock.now, end: clock.now + configuration.quantum)
        onTurn?()
    }

    /// Lets one processor alone execute from now on, or with nil all in their turns again: somebody outside wants it so. Time goes on as it does, and
    /// what is sent to the others waits for them.
    public func hold(allBut number: Int?) {
        guard turn.only != number, processors.count > 1 else { return }
        if let number, number != turn.processor {
            turn = Turn(processor: number, begin: clock.now, end: clock.now + configuration.quantum)
            onTurn?()
        }
        turn.only = number
    }

    /// A processor may have something to do now: whoever runs goes on until the end of his turn at most.
    func wake(_ target: CPU) {
        if target !== cpu, !target.isActive { cpu.requestStop() }
    }

    /// Somebody else than a processor wrote RAM.
    func memoryWritten(physical: UInt64, count: Int) { processors[0].memoryWritten(physical: physical, count: count) }

    /// Other host memory than before is behind some physical page.
    func mapChanged() { for cpu in processors { cpu.mapChanged() } }
}
