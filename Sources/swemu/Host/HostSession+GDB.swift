import Board
import Debugging
import Processor

/// A session with gdb, in the middle of a run: gdb says when the machine moves, the host's business goes on meanwhile.
extension HostSession {
    /// Waits for gdb where the machine shall not start without it, and serves it while it is there. An ending, if the run is over.
    func serveDebugger(_ chores: HostChores) -> Ending? {
        guard let gdb else { return nil }
        if waitsForDebugger {
            waitsForDebugger = false
            while !gdb.link.connect() {
                display.wait(inputDescriptors + gdb.link.descriptors, milliseconds: 100)
                if let ending = chores.attend(self) { return ending }
            }
        }
        guard gdb.link.connect() else { return nil }
        gdb.begin()
        let ending = session(gdb, chores)
        gdb.link.hangUp()
        return ending ?? (gdb.link.isForOne ? .debugger : nil)
    }

    private func session(_ gdb: GDBHost, _ chores: HostChores) -> Ending? {
        let listener = pc.input.onDelivery
        let debugger = Debugger(pc, sources: sources)
        let commands = CommandSession(debugger, host: MonitorFiles(self)) { _ in }
        let timeline = options.tracing.wantsInstructions ? nil : commands.timeline
        let stub = GDBStub(debugger)
        stub.monitor = { commands.answer(monitor: $0) }
        stub.past = timeline == nil ? nil : commands.pastForGDB
        if let words = commands.refusalOfPast { complain("swemu: gdb cannot go back: \(words)") }
        // In its past the machine says again what it said before.
        for stream in outputs { stream.isHeld = { timeline?.isInPast ?? false } }
        defer {
            pc.cpu.stop(at: StopConditions())
            if let timeline, timeline.isInPast { timeline.go(to: timeline.latest) }
            for stream in outputs { stream.isHeld = nil }
            pc.input.onDelivery = listener
        }
        var ending: Ending?
        debugger.runMachine = { [self] _, tick in runForDebugger(until: tick, timeline) }
        debugger.betweenSlices = { [self] _ in
            if ending == nil { ending = chores.attend(self) }
            if ending == nil, pc.clock.now >= budget { ending = .budget }
            return gdb.wantsStop() || ending != nil
        }
        while gdb.link.isConnected {
            guard let packet = gdb.nextPacket() else {
                display.wait(inputDescriptors + gdb.link.descriptors, milliseconds: 20)
                if let ending = chores.attend(self) { return leave(gdb, ending) }
                continue
            }
            switch stub.answer(packet) {
            case .reply(let replies):
                for reply in replies { gdb.send(reply) }
                if commands.wantsEnd { return .debugger }
            case .detach:
                gdb.send(Array("OK".utf8))
                return nil
            case .kill(let replies):
                if replies { gdb.send(Array("OK".utf8)) }
                return .debugger
            case .resume(let motion):
                if let ended = pc.ending { return leave(gdb, .machine(ended)) }
                let report = move(stub, motion, chores, gdb)
                if let ending { return leave(gdb, ending) }
                if case .ended(let ended) = report.cause, !tellOfDeath(ended, gdb) { return leave(gdb, .machine(ended)) }
                for line in commands.words(for: report, knownToGDB: stub.armedNumbers) { gdb.send(GDBStub.console(line + "\n")) }
                gdb.send(stub.stopReply(for: report))
            }
            gdb.acknowledges = stub.acknowledges
        }
        return nil
    }

    /// A slice of the machine's time under the debugger.
    private func runForDebugger(until tick: UInt64, _ timeline: Timeline?) -> PC.Pause {
        let goal = min(tick, budget, keeper.nextTick)
        let pause =
            timeline?.run(until: goal, skipsIdleTime: !waitsWhenIdle) ?? runMachine(until: goal, skipsIdleTime: !waitsWhenIdle)
        if timeline?.isInPast != true { keeper.afterSlice(pc) }
        guard waitsWhenIdle, case .idle(let due) = pause, due != .max else { return pause }
        passIdleTime(until: min(due, goal))
        return .limit
    }

    /// The machine in motion. One that waits for input does so until somebody sends some, or asks for a stop.
    private func move(_ stub: GDBStub, _ motion: GDBStub.Motion, _ chores: HostChores, _ gdb: GDBHost) -> StopReport {
        while true {
            let report = stub.move(motion)
            flush()
            guard report.cause == .idle, somebodyIsThere else { return report }
            display.wait(inputDescriptors + gdb.link.descriptors, milliseconds: 20)
            if stub.debugger.betweenSlices(stub.debugger) { return report }
        }
    }

    /// A machine that has died can be looked at once more. False when it ended otherwise.
    private func tellOfDeath(_ ended: PC.Ending, _ gdb: GDBHost) -> Bool {
        switch ended {
        case .tripleFault, .deadHalt:
            let lines = (postMortem(of: .machine(ended))?.lines ?? []) + ["The machine is dead; going on ends it."]
            for line in lines { gdb.send(GDBStub.console(line + "\n")) }
            return true
        default: return false
        }
    }

    private func leave(_ gdb: GDBHost, _ ending: Ending) -> Ending {
        flush()
        gdb.send(GDBStub.exitReply(status: UInt8(truncatingIfNeeded: verdict(of: ending).status)))
        return ending
    }
}

/// What `monitor` commands need of this host.
private final class MonitorFiles: HostedDebugger {
    unowned let host: HostSession
    var traceFile: ByteStream?
    var sourceFiles: [String: [String]] = [:]
    /// Lines of a trace without a file have no place here: the answer is not for them.
    var put: (String) -> Void = { _ in }

    init(_ host: HostSession) { self.host = host }
}
