import Debugging
import Formats

/// A debug adapter: serves one client of the Debug Adapter Protocol, from its `initialize` to its `disconnect`.
///
/// Requests are answered in the order in which they come. While the machine runs it is stopped for a moment to answer one, and goes on.
package final class DAPServer {
    let link: DAPLink
    /// The machine under its debugger, from `launch` on, or of the run that the client attaches to.
    var session: DebugSession?
    /// The client's breakpoints of each kind, by their numbers.
    var points = DAPPoints()
    /// Values that the client may open while the machine stands.
    private var values = DAPValues()
    private var screen = DAPScreen()
    /// The client wants to be told what is new on the guest's text screen.
    private var tellsScreen = true
    /// The place where the client wants the machine to stop at first.
    private var stopsOnEntry = false
    private var requests: [DAPRequest] = []
    /// A movement of the machine that was asked for.
    private var movement: DAPMovement?
    private var isOver = false
    /// The movement that is going on may be interrupted to answer a request, and resumed.
    private var isResumable = false
    /// The machine has ended, and the client knows.
    var hasTold = false
    private var status: Int32 = 0
    /// The machine belongs to a run, which goes on when the client leaves.
    private let isAttached: Bool
    /// Why that run is over.
    private(set) var ending: HostSession.Ending?

    /// `running`: a run's machine to attach to; without it the client launches one.
    private let readLaunch: DAPLaunch.Reader?

    /// `readLaunch` reads the request to launch a machine; nil where one runs already.
    package init(_ link: DAPLink, running: DebugSession? = nil, readLaunch: DAPLaunch.Reader? = nil) {
        self.link = link
        self.readLaunch = readLaunch
        session = running
        isAttached = running != nil
        running.map(listen)
    }

    /// Hears what the machine and its debugger say.
    private func listen(to session: DebugSession) {
        session.put = { [unowned self] in link.output($0 + "\n") }
        session.wantsStop = { [unowned self] in wantsStop() }
        session.commands.onStop = { [unowned self] in points.report = $0 }
        session.debugger.onTelling = { [unowned self, unowned session] in points.tell($0, session, link) }
    }

    /// Serves until the client leaves, and returns the exit status: the machine's, once there was one.
    package func serve() -> Int32 {
        while !isOver, link.isConnected {
            read()
            if !requests.isEmpty {
                answer(requests.removeFirst())
            } else if let movement {
                self.movement = nil
                move(movement)
            } else {
                rest()
            }
        }
        if !isAttached || ending != nil { end() }
        return status
    }

    /// Nothing is to do: waits for the client, and does the host's business.
    private func rest() {
        waitForInput(link.descriptors, milliseconds: 20)
        guard let session else {
            if Signals.pending != nil { isOver = true }
            return
        }
        session.attend()
        if session.isOver { end() }
    }

    /// Takes what has come. A stream that cannot be followed ends the session.
    private func read() {
        do {
            while let message = try link.next() {
                if let request = DAPRequest(message) { requests.append(request) }
            }
        } catch {
            complain("swemu: dap: \(error)")
            status = ExitStatus.usage.rawValue
            isOver = true
        }
    }

    // MARK: The machine

    /// Builds the machine that `launch` describes.
    private func launch(_ request: DAPRequest) throws {
        guard session == nil, let readLaunch else {
            throw UserError(
                .usage, line: isAttached ? "a machine runs already: use attach" : "a machine is there already; disconnect first")
        }
        let launch = try readLaunch(request.arguments)
        let session = try DebugSession(launch.plan)
        listen(to: session)
        session.putGuest = { [unowned self] in link.output($0, "stdout") }
        if !launch.explains { session.commands.execute("set explain off") }
        session.host.listenToHost()
        stopsOnEntry = launch.stopsOnEntry
        tellsScreen = launch.tellsScreen
        self.session = session
    }

    /// Sets up what `attach` wants of the machine that runs.
    private func attach(_ request: DAPRequest) throws {
        guard isAttached, let session else {
            throw UserError(
                .usage,
                line:
                    "no machine runs here: use launch, or start one by swemu run --dap tcp::4711 and let the editor connect to that port"
            )
        }
        if request["explain"]?.flag == false { session.commands.execute("set explain off") }
        tellsScreen = request["screen"]?.flag ?? true
        let isAtBeginning = session.host.plan.stopped && session.host.pc.clock.now == 0
        stopsOnEntry = request["stopOnEntry"]?.flag ?? isAtBeginning
    }

    private func wantsStop() -> Bool {
        read()
        return isOver || !link.isConnected || requests.contains { isResumable || DAPServer.interrupting.contains($0.command) }
    }

    /// Requests that a step stops for, too.
    private static let interrupting: Set<String> = ["pause", "disconnect", "terminate"]

    private func move(_ movement: DAPMovement) {
        guard let session else { return }
        if session.host.pc.ending != nil, !movement.isBackward { return end() }
        isResumable = movement.isResumable
        session.host.overrulePause()
        let report = movement.carryOut(session)
        isResumable = false
        session.host.flush()
        guard let report else { return stopped("step", "the machine has not moved") }
        if session.isOver { return end() }
        switch report.cause {
        case .asked:
            // Somebody wants an answer, and perhaps the machine to stay.
            self.movement = movement.isResumable ? movement : nil
            guard let pause = requests.firstIndex(where: { $0.command == "pause" }) else { return }
            link.response(to: requests.remove(at: pause))
            self.movement = nil
            stopped("pause")
        case .reached(let numbers):
            stopped(points.reason(of: numbers), points.failure(of: numbers, session), hits: numbers)
        case .ended(let ending):
            switch ending {
            case .tripleFault, .deadHalt, .reset: stopped("exception", session.commands.reason(for: report).first)
            case .powerOff, .exit, .debugExit: end()
            }
        case .lastTick: end()
        case .idle where isAttached && movement.isResumable:
            self.movement = movement
            session.host.frontEnd.wait(session.host.inputDescriptors + link.descriptors, milliseconds: 20)
        case .idle: stopped("pause", session.commands.reason(for: report).first)
        case .beginning: stopped("entry", session.commands.reason(for: report).first)
        case .done, .budget: stopped("step")
        }
    }

    /// Tells that the machine stands. A resumable movement that was in the queue is none any more.
    func stopped(_ reason: String, _ text: String? = nil, hits: [Int] = []) {
        values.forget()
        tellScreen()
        var body: [(String, JSON)] = [
            ("reason", .text(reason)), ("threadId", .number(UInt64(session?.host.pc.observed.number ?? 0) + 1)),
            ("allThreadsStopped", .boolean(true)),
        ]
        if let text {
            body += [("description", .text(text)), ("text", .text(text))]
            link.output(text + "\n", "important")
        }
        if !hits.isEmpty { body.append(("hitBreakpointIds", .list(hits.map { .number(UInt64($0)) }))) }
        link.event("stopped", body)
    }

    /// Says what is new on the guest's text screen.
    private func tellScreen() {
        guard tellsScreen, let session, let lines = session.files.screenLines() else { return }
        for line in screen.news(lines) { link.output(line + "\n", "stdout") }
    }

    /// The machine's end, in its words, and the client's.
    private func end() {
        guard let session, !hasTold else { return }
        hasTold = true
        tellScreen()
        let verdict: Verdict
        if isAttached {
            let ending = ending ?? session.conclusion ?? .debugger
            self.ending = ending
            isOver = true
            verdict = session.host.verdict(of: ending)
        } else {
            verdict = session.close()
        }
        status = verdict.status
        link.output(verdict.line + "\n", "important")
        link.event("exited", [("exitCode", .decimal(String(verdict.status)))])
        link.event("terminated")
        isOver = isOver || Signals.pending != nil
    }

    // MARK: Requests

    private func answer(_ request: DAPRequest) {
        do {
            try carryOut(request)
        } catch {
            link.refusal(of: request, "\(error)")
        }
    }

    private func carryOut(_ request: DAPRequest) throws {
        switch request.command {
        case "initialize": link.response(to: request, Self.capabilities)
        case "launch":
            try launch(request)
            link.response(to: request)
            link.event("initialized")
        case "attach":
            try attach(request)
            link.response(to: request)
            link.event("initialized")
        case "configurationDone":
            link.response(to: request)
            if session != nil { if stopsOnEntry { stopped("entry") } else { movement = .forward("continue") } }
        case "disconnect", "terminate":
            link.response(to: request)
            if isAttached {
                // Who only leaves lets the machine go on, and all of its processors.
                session?.debugger.hold(others: false)
                if request.command == "terminate" || request["terminateDebuggee"]?.flag == true { ending = .debugger }
                isOver = true
            } else {
                end()
                isOver = isOver || request.command == "disconnect"
            }
        case "pause":
            link.response(to: request)
            movement = nil
            stopped("pause")
        case "threads":
            let count = session?.host.pc.processors.count ?? 1
            link.response(
                to: request,
                [
                    (
                        "threads",
                        .list((0..<UInt64(count)).map { .object([("id", .number($0 + 1)), ("name", .text("processor \($0)"))]) })
                    )
                ])
        case "source": throw UserError(.usage, line: "sources are read from their files")
        default:
            guard let session else { throw UserError(.usage, line: "\(request.command): no machine is launched") }
            // A processor is a thread: what is looked at and what steps is the one that the client names.
            let pc = session.host.pc
            if pc.processors.count > 1, let number = DAPLooks.processor(request) ?? values.processor(of: request),
                pc.processors.indices.contains(number)
            {
                pc.focus = number
            }
            if let motion = DAPMovement(request, session) {
                link.response(to: request, [("allThreadsContinued", .boolean(!motion.isOfOneThread))])
                movement = motion
            } else if let body = try points.answer(request, session, values) ?? DAPLooks(session).answer(request, &values) {
                link.response(to: request, body)
            } else if request.command == "evaluate" {
                try evaluate(request, session)
            } else {
                throw UserError(.usage, line: "\(request.command): swemu has no such request")
            }
        }
    }

    /// A value; in the console any command of `swemu debug`. A command that moved the machine is a stop of its own.
    private func evaluate(_ request: DAPRequest, _ session: DebugSession) throws {
        let text = request["expression"]?.text ?? ""
        let frame = DAPLooks.frame(request)
        try? session.debugger.select(frame: frame)
        guard request["context"]?.text == "repl" else {
            return link.response(to: request, try DAPLooks(session).value(of: text, frame, &values))
        }
        let (tick, put) = (session.host.pc.clock.now, session.put)
        var lines: [String] = []
        session.put = { if lines.count < 10_000 { lines.append($0) } }
        points.report = nil
        let isRight = session.commands.execute(text)
        session.put = put
        let result = lines.joined(separator: "\n")
        guard isRight else { throw DebuggerError(result) }
        link.response(to: request, [("result", .text(result)), ("variablesReference", .number(0))])
        if points.report != nil || session.host.pc.clock.now != tick { stopped("step") }
        if session.isOver { end() }
    }
}
