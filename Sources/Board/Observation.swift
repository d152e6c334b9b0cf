import Processor

/// For whoever looks at the machine between instructions, and stops it.
extension PC {
    /// The processor that is looked at: the one in focus, or the one whose turn it is.
    public var observed: CPU { focus.map { processors[$0] } ?? cpu }

    /// The processor that executes the next instruction, as things are; an event at this tick may still wake another one.
    public var next: CPU {
        guard processors.count > 1, !cpu.isRunnable || clock.now >= turn.end else { return cpu }
        return nextProcessor.map { processors[$0] } ?? cpu
    }

    /// The stops that a debugger has armed.
    public var stopConditions: StopConditions { cpu.stopConditions }

    /// Arms `conditions` in all processors, in place of those before.
    public func stop(at conditions: StopConditions) { for cpu in processors { cpu.stop(at: conditions) } }

    /// Takes the events noted since the last call, by the processor whose turn it is; the machine goes on afterwards.
    public func takeStopEvents() -> [StopEvent] { processors.flatMap { $0.takeStopEvents() } }

    /// Goes on from here: the instructions that the processors stand at are no reason to stop until they were executed.
    public func passStop() { for cpu in processors { cpu.passStop() } }
}
