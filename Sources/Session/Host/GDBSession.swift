import Board
import Debugging
import Executables
import GDB
import Processor

/// One gdb, from its coming to its going, in the middle of a run: it says when the machine moves; the host's business goes on meanwhile.
final class GDBSession {
    private let host: HostSession
    private let gdb: GDBHost
    private let chores: HostChores
    private let debugger: Debugger
    private let commands: CommandSession
    private let stub: GDBStub
    /// The machine's past, if it is kept.
    private let timeline: Timeline?
    /// The listener to input before this one.
    private let listener: ((UInt64, InputGate.Input) -> Void)?
    /// The reason why the run has to end, found out while the machine moved.
    private var ending: HostSession.Ending?

    init(_ host: HostSession, _ gdb: GDBHost, _ chores: HostChores) {
        (self.host, self.gdb, self.chores) = (host, gdb, chores)
        listener = host.pc.input.onDelivery
        debugger = Debugger(host.pc, sources: host.sources)
        commands = CommandSession(debugger, host: DebuggerFiles(host)) { _ in }
        timeline = host.plan.tracing.wantsInstructions ? nil : commands.timeline
        stub = GDBStub(debugger, is32Bit: host.sources?.is64Bit == false && !debugger.view.state.operatingMode.isIA32e)
        if let words = commands.refusalOfPast { complain("swemu: gdb cannot go back: \(words)") }
        // Before the firmware has loaded the kernel, gdb sees its bytes where they are linked and where they will lie: it looks for prologues.
        if !host.keeper.restores, let elf = (host.kernel?.kernel.bytes).flatMap({ try? ELFFile(Bytes($0)) }) {
            stub.expected = elf.loaded
            stub.isExpecting = { [unowned pc = host.pc] in !pc.hasEnteredKernel }
        }
        stub.monitor = { [unowned self] in commands.answer(monitor: $0) }
        stub.past = timeline == nil ? nil : commands.pastForGDB
        debugger.runMachine = { [unowned self] _, tick in run(until: tick) }
        debugger.betweenSlices = { [unowned self] _ in wantsStop() }
        host.past.isNow = { [timeline] in timeline?.isInPast ?? false }
    }

    /// Nothing of gdb stays behind, and the machine is in its present.
    deinit {
        host.pc.stop(at: StopConditions())
        if let timeline, timeline.isInPast { timeline.go(to: timeline.latest) }
        host.pc.hold(allBut: nil)
        host.past.isNow = { false }
        host.pc.input.onDelivery = listener
    }

    /// Serves gdb until it leaves; an ending, if the run is over.
    func serve() -> HostSession.Ending? {
        while gdb.link.isConnected {
            if let packet = gdb.nextPacket() {
                switch answer(packet) {
                case .goesOn: break
                case .over(let ending): return ending
                }
            } else {
                host.frontEnd.wait(host.inputDescriptors + gdb.link.descriptors, milliseconds: 20)
                if let ending = chores.attend(host) { return leave(ending) }
            }
        }
        return nil
    }

    private enum Progress {
        case goesOn
        /// gdb is gone; so is the machine, if there is an ending.
        case over(HostSession.Ending?)
    }

    private func answer(_ packet: [UInt8]) -> Progress {
        defer { gdb.acknowledges = stub.acknowledges }
        switch stub.answer(packet) {
        case .reply(let replies):
            for reply in replies { gdb.send(reply) }
            return commands.wantsEnd ? .over(.debugger) : .goesOn
        case .detach:
            gdb.send(Array("OK".utf8))
            host.overrulePause()
            return .over(nil)
        case .kill(let replies):
            if replies { gdb.send(Array("OK".utf8)) }
            return .over(.debugger)
        case .resume(let motion):
            host.overrulePause()
            // From its end a machine can still go back.
            if let ended = host.pc.ending, !motion.isBackward { return .over(leave(.machine(ended))) }
            let report = move(motion)
            if let ending { return .over(leave(ending)) }
            if case .ended(let ended) = report.cause, !tellOfDeath(ended) { return .over(leave(.machine(ended))) }
            for line in commands.words(for: report, knownToGDB: stub.armedNumbers) { say(line) }
            gdb.send(stub.stopReply(for: report))
            return .goesOn
        }
    }

    // MARK: The machine in motion

    /// One that waits for input does so until somebody sends some, or asks for a stop.
    private func move(_ motion: GDBStub.Motion) -> StopReport {
        while true {
            let report = stub.move(motion)
            host.flush()
            guard report.cause == .idle, host.somebodyIsThere else { return report }
            host.frontEnd.wait(host.inputDescriptors + gdb.link.descriptors, milliseconds: 20)
            if wantsStop() { return report }
        }
    }

    private func run(until tick: UInt64) -> PC.Pause { host.runForDebugger(until: tick, timeline) }

    private func wantsStop() -> Bool {
        if ending == nil { ending = chores.attend(host) { gdb.wantsStop() } }
        if ending == nil, host.isSpent { ending = .budget }
        return gdb.wantsStop() || ending != nil
    }

    // MARK: Ends

    private func say(_ line: String) { gdb.send(GDBStub.console(line + "\n")) }

    /// A machine that has died can be looked at once more. False when it ended otherwise.
    private func tellOfDeath(_ ended: PC.Ending) -> Bool {
        switch ended {
        case .tripleFault, .deadHalt:
            for line in host.postMortem(of: .machine(ended))?.lines ?? [] { say(line) }
            say("The machine is dead; going on ends it.")
            return true
        default: return false
        }
    }

    private func leave(_ ending: HostSession.Ending) -> HostSession.Ending {
        host.flush()
        gdb.send(GDBStub.exitReply(status: UInt8(truncatingIfNeeded: host.verdict(of: ending).status)))
        return ending
    }
}

extension HostSession {
    /// Waits for gdb where the machine shall not start without it, and serves it while it is there. An ending, if the run is over.
    func serveDebugger(_ chores: HostChores) -> Ending? {
        guard let gdb else { return serveEditor(chores) }
        if let ending = awaitDebugger(chores, gdb.link.connect, gdb.link.descriptors) { return ending }
        guard gdb.link.connect() else { return nil }
        gdb.begin()
        let ending = GDBSession(self, gdb, chores).serve()
        gdb.link.hangUp()
        return ending ?? (gdb.link.isForOne ? .debugger : nil)
    }

    /// A debugger lets the machine go on, whoever let it stand by a monitor or at the window.
    func overrulePause() {
        guard isPaused else { return }
        isPaused = false
        tellMonitors("RESUME")
    }

    /// The monitor's `gdbserver`: a gdb may come to an address, or to none. A session that is going on ends as if gdb had left.
    func serveGDB(at text: String?) throws -> String {
        guard let text else {
            gdb?.link.hangUp()
            gdb = nil
            return "Disabled gdbserver"
        }
        guard let address = GDBAddress(argument: text), address != .stdio else {
            throw DebuggerError("gdbserver: tcp::PORT, tcp:HOST:PORT, unix:PATH or none, please; not \(text)")
        }
        if editor != nil { throw DebuggerError("gdbserver: this machine is an editor's (--dap)") }
        if lockstep != nil { throw DebuggerError("gdbserver: --lockstep runs both engines side by side, which gdb would not see") }
        try Self.requireRoomForDebugger()
        // The old one's port may be the new one's.
        gdb?.link.hangUp()
        gdb = nil
        let opened = try GDBHost(address)
        gdb = opened
        return "Waiting for gdb connection on device '\(text)': \(opened.link.invitation)"
    }

    /// The machine up to a tick, its past kept in a timeline or not. Halted time passes as the host's does, where somebody could type.
    func runForDebugger(until tick: UInt64, _ timeline: Timeline?) -> PC.Pause {
        let goal = min(tick, budget, keeper.nextTick)
        let skips = !waitsWhenIdle
        let pause = timeline?.run(until: goal, skipsIdleTime: skips) ?? runMachine(until: goal, skipsIdleTime: skips)
        if !past.isNow() { keeper.afterSlice(pc) }
        guard !skips, case .idle(let due) = pause, due != .max else { return pause }
        passIdleTime(until: min(due, goal))
        return .limit
    }

    /// Waits for a debugger where the machine shall not start without it. An ending, if the run is over meanwhile.
    func awaitDebugger(_ chores: HostChores, _ hasCome: () -> Bool, _ descriptors: [Int32]) -> Ending? {
        guard waitsForDebugger else { return nil }
        waitsForDebugger = false
        while !hasCome() {
            frontEnd.wait(inputDescriptors + descriptors, milliseconds: 100)
            if let ending = chores.attend(self) { return ending }
        }
        return nil
    }
}
