import Board
import Debugging
import Screen

/// A debugger on this host: the machine of `swemu run`, the debugger's commands, and a dialogue.
package final class DebugSession {
    package let host: HostSession
    package let debugger: Debugger
    package let commands: CommandSession
    /// The host as the commands need it. They hold it, and it holds neither them nor the session.
    let files: DebuggerFiles
    /// The place where lines go.
    package var put: (String) -> Void {
        get { files.put }
        set { files.put = newValue }
    }
    /// The place where the guest's bytes go, as text; nil: among the lines.
    package var putGuest: ((String) -> Void)?
    /// Looks at the keyboard while the machine runs; true stops it.
    package var wantsStop: () -> Bool = { false }
    private let chores: HostChores
    /// A check has found something: the machine stops.
    private var hasFinding = false
    /// The reason why the session has to end, other than by a signal: the host's time or memory, or the guest's output.
    private var ending: HostSession.Ending?

    /// A machine of its own.
    package convenience init(_ given: SessionPlan) throws {
        var plan = given
        // Standard output is the dialogue's.
        let lines = plan.serial
        let hasConsole = plan.debugcon == .stdio
        plan.serial = lines.map { $0 == .stdio ? .null : $0 }
        if hasConsole { plan.debugcon = .null }
        let host = try HostSession(plan)
        try HostSession.requireRoomForDebugger()
        self.init(host, HostChores(host))
        let chips = [host.pc.parts.serial1, host.pc.parts.serial2]
        for (chip, to) in zip(chips, lines) where to == .stdio { chip.onTransmit = listener(before: chip.onTransmit) }
        let console = host.pc.parts.debugConsole
        if hasConsole { console.onByte = listener(before: console.onByte) }
    }

    /// The machine of a run that goes on.
    init(_ host: HostSession, _ chores: HostChores) {
        (self.host, self.chores) = (host, chores)
        debugger = Debugger(host.pc, sources: host.sources)
        debugger.lastTick = host.budget
        files = DebuggerFiles(host)
        commands = CommandSession(debugger, host: files) { [files] in files.put($0) }
        host.past.isNow = { [weak commands] in commands?.isInPast ?? false }
        debugger.betweenSlices = { [unowned self] _ in
            if !host.past.isNow() { host.keeper.afterSlice(host.pc) }
            attend()
            defer { hasFinding = false }
            return wantsStop() || isOver || Signals.pending != nil || hasFinding
        }
        host.checks?.onFinding = { [unowned self, unowned host] finding in
            guard !host.past.isNow() else { return }
            for line in finding.lines { put(line) }
            hasFinding = true
            host.pc.requestPause()
        }
    }

    /// Does the host's business, and looks whether a limit of the host is reached.
    package func attend() {
        switch chores.attend(host, wantsStop) {
        case nil: return
        // Ctrl-C ends a command; the dialogue knows whether there is another one.
        case .signal where Signals.pending == SIGINT: return
        case .signal: break
        case let limit: ending = ending ?? limit
        }
        commands.end()
    }

    /// No command is carried out any more.
    package var isOver: Bool { commands.wantsEnd }

    /// Collects what the guest prints to whole lines. `next` counts it, and waits for texts.
    private func listener(before next: ((UInt8) -> Void)?) -> (UInt8) -> Void {
        var line: [UInt8] = []
        return { [unowned self] byte in
            next?(byte)
            guard byte == 0x0A || line.count >= 400 else {
                if byte != 0x0D { line.append(byte) }
                return
            }
            let text = String(decoding: line, as: UTF8.self)
            line = []
            guard !commands.isInPast else { return }
            if let putGuest { putGuest(text + "\n") } else { put("guest: \(text)") }
        }
    }

    /// Holds the dialogue, and returns the exit status.
    package func run(_ dialogue: DialoguePlan) -> Int32 {
        let page = dialogue.isPlain ? nil : TerminalPage()
        if let page, TerminalScreen.isTerminal(0), TerminalScreen.isTerminal(1), page.start() {
            host.listenToHost()
            return finish(
                PageDialogue(self, page, title: host.plan.images.compactMap { $0 }.first ?? host.plan.boot.kernel ?? "")
                    .run(dialogue))
        }
        host.listenToHost()
        return finish(LineDialogue(self).run(dialogue))
    }

    /// Carries out a command that moves the machine. Where it stopped; nil where it could not go.
    package func move(by command: String) -> StopReport? {
        let show = commands.onStop
        var report: StopReport?
        commands.onStop = { report = $0 }
        defer { commands.onStop = show }
        commands.execute(command)
        return report
    }

    /// Why the machine's run is over, if it is: the machine's own end, a limit, or a signal.
    var conclusion: HostSession.Ending? { limit(0) ?? host.pc.ending.map { .machine($0) } }

    /// Ends the machine, and says how it ended.
    package func close() -> Verdict {
        attend()
        var verdict = host.verdict(of: conclusion ?? .user)
        if case .ceiling = ending { Patience.ends(at: hostNanoseconds()) }
        host.finish()
        host.judgeLosses(&verdict)
        return verdict
    }

    /// Ends the machine. A session that ended before its user did has the last line and the status that `swemu run` has.
    private func finish(_ status: Int32) -> Int32 {
        attend()
        if case .ceiling = ending { Patience.ends(at: hostNanoseconds()) }
        host.finish()
        files.traceFile?.finish()
        if var verdict = limit(status).map(host.verdict) {
            host.judgeLosses(&verdict)
            host.say(verdict)
            return verdict.status
        }
        guard let loss = (host.losses + [files.traceFile?.loss].compactMap { $0 }).first else { return status }
        complain("swemu: output lost: \(loss)")
        return ExitStatus.hostFailure.rawValue
    }

    /// The ending by a limit that has ended the session, with its `status`.
    private func limit(_ status: Int32) -> HostSession.Ending? {
        if let ending { return ending }
        if let number = Signals.pending { return .signal(Signals.name(number)) }
        return status == 0 && host.isSpent ? host.keeper.conclude(host.pc, .budget) : nil
    }
}
