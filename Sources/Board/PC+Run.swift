import Processor
import Wiring

extension PC {
    /// The reason why a run came back.
    public enum Pause: Equatable, Sendable {
        /// The clock reached the limit.
        case limit
        /// As many instructions as `instructionLimit` allows have been executed since power-on.
        case spent
        /// `requestPause()` was called.
        case paused
        /// All processors are halted, and nothing happens before this tick (`UInt64.max`: never, unless the outside moves).
        case idle(until: UInt64)
        case ended(Ending)
        /// A debugger's stop: `cpu.takeStopEvents()` tells which.
        case stopped
    }

    /// The end of a machine.
    public enum Ending: Codable, Equatable, Sendable {
        case powerOff
        /// The guest wrote this code to the exit port F4h; 0 means that all went well.
        case exit(code: UInt32)
        /// The guest wrote to QEMU's isa-debug-exit; the status it asked for, an odd number.
        case debugExit(status: UInt8)
        case tripleFault
        /// Halted, with interrupts disabled.
        case deadHalt
        /// A reset while `stopsAtReset`.
        case reset
    }

    /// Runs until the clock reaches `limit`, no processor has anything to do, or the machine ends.
    ///
    /// Time in which the processor is halted is skipped when `skipsIdleTime`; otherwise the caller hears of it, lets time pass by
    /// `skip(to:)` or sends input, and calls again.
    public func run(until limit: UInt64, skipsIdleTime: Bool = true) -> Pause {
        while true {
            let happens = fireDueEvents()
            // Before input, so that input at this tick finds the same machine when a run is repeated in other slices.
            if let request = takeRequest(), let ending = obey(request) { self.ending = ending }
            if let ending {
                // The lines' far ends hear what was sent: a transmitter needs no processor.
                for line in [parts.serial1, parts.serial2] { line.finishTransmission() }
                return .ended(ending)
            }
            input.deliver()
            if happens { extendTurn() }
            if wantsPause {
                wantsPause = false
                return .paused
            }
            if isAtExit {
                isAtExit = false
                return .limit
            }
            guard clock.now < limit else { return .limit }
            guard clock.instructions < instructionLimit else { return .spent }
            let (last, overflow) = clock.now.addingReportingOverflow(instructionLimit - clock.instructions)
            switch runTurn(until: overflow ? limit : min(limit, last)) {
            case .deadline, .requested:
                continue
            case .yielded: passTurn()
            case .leftTranslation: isAtExit = true
            case .stopped: return .stopped
            case .shutdown:
                if let ending = shutDown() { self.ending = ending }
            case .halted:
                if clock.now >= clock.cells.pointee.nextDeadline || passTurn() { continue }
                if processors.allSatisfy(\.isDeaf) {
                    ending = .deadHalt
                    continue
                }
                let next = clock.cells.pointee.nextDeadline
                guard skipsIdleTime, next != .max else { return .idle(until: next) }
                clock.skip(to: min(next, limit))
            }
        }
    }

    /// Fires the events that are due. Tells whether there were any; the deadline of the input gate is none, for it calls nobody, and another one when
    /// the same input comes from a recording.
    private func fireDueEvents() -> Bool {
        guard clock.cells.pointee.nextDeadline <= clock.now else { return false }
        input.dropDeadline()
        guard clock.cells.pointee.nextDeadline <= clock.now else { return false }
        clock.fireDueEvents()
        return true
    }

    /// Makes `run(until:)` come back behind the current instruction. May be called by whoever listens to what the guest says.
    public func requestPause() {
        wantsPause = true
        cpu.requestStop()
    }

    /// Lets time pass in which all processors are halted: up to `tick`, but not beyond the next event.
    public func skip(to tick: UInt64) {
        clock.skip(to: max(clock.now, min(tick, clock.cells.pointee.nextDeadline)))
    }

    /// Runs up to `limit`, and comes back with `.limit` where translated code is left at tick `exit` or later, at the end of a region.
    public func run(until limit: UInt64, pausingAtExitFrom exit: UInt64) -> Pause {
        for cpu in processors { cpu.stopAtExitFrom = exit }
        defer { for cpu in processors { cpu.stopAtExitFrom = .max } }
        return run(until: limit)
    }

    /// Carries out what a chip asked for during the last slice.
    private func obey(_ request: Request) -> Ending? {
        switch request {
        case .powerOff: return .powerOff
        case .debugExit(let status): return .debugExit(status: status)
        case .exit(let code): return .exit(code: code)
        case .enterKernel:
            if let boot = configuration.directBoot { enter(boot) }
            hasEnteredKernel = true
            return nil
        case .reset(let kind):
            log.report(category: .machine, subject: clock.now) {
                Diagnostic(
                    chip: "board", message: kind == .machine ? "the guest reset the machine" : "the guest reset the processor")
            }
            if configuration.stopsAtReset { return .reset }
            reset(kind)
            return nil
        }
    }

    /// A triple fault. A PC's chipset answers the processor's shutdown cycle with a reset.
    private func shutDown() -> Ending? {
        log.report(category: .machine, subject: clock.now) {
            Diagnostic(chip: "processor", message: "triple fault: \(cpu.faultChain.map(\.name).joined(separator: ", then "))")
        }
        guard configuration.resetsAtTripleFault else { return .tripleFault }
        if configuration.stopsAtReset { return .reset }
        reset(.processor)
        return nil
    }
}
