import Board
import Debugging

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
        let debugger = Debugger(pc, sources: sources)
        let stub = GDBStub(debugger)
        var ending: Ending?
        debugger.runMachine = { [self] _, tick in runForDebugger(until: tick) }
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
            case .reply(let replies): for reply in replies { gdb.send(reply) }
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
                gdb.send(stub.stopReply(for: report))
            }
            gdb.acknowledges = stub.acknowledges
        }
        return nil
    }

    /// A slice of the machine's time under the debugger.
    private func runForDebugger(until tick: UInt64) -> PC.Pause {
        let pause = runMachine(until: min(tick, budget, keeper.nextTick), skipsIdleTime: !waitsWhenIdle)
        keeper.afterSlice(pc)
        guard waitsWhenIdle, case .idle(let due) = pause, due != .max else { return pause }
        passIdleTime(until: min(due, tick, budget, keeper.nextTick))
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
