import Compression
import Debugging
import Formats
import Session
import Web
import Wiring

/// States of a machine, step by step, for a page of their own.
struct WebRecording {
    private let session: DebugSession
    private let history: WebHistory
    private let title: String
    var look = WebLook()
    private var screen = WebScreen()
    private var states: [JSON] = []
    private var time = JSON.null
    /// Tick up to which the machine has run.
    private var latest: UInt64 = 0

    init(_ session: DebugSession, title: String) {
        (self.session, self.title) = (session, title)
        history = WebHistory(session)
        look.showsMap = true
        // Often enough that what happens in between is all remembered.
        session.debugger.slice = 250_000
        session.debugger.betweenSlices = { [next = session.debugger.betweenSlices, history] debugger in
            history.take()
            return next(debugger)
        }
    }

    /// Takes the state as it is, and the ones behind each of so many steps, fewer where the machine goes no further.
    mutating func record(steps: Int) {
        var report: StopReport?
        take(report)
        for _ in 0..<steps where Signals.pending == nil {
            report = session.move(by: "step")
            take(report)
            guard report?.isDone == true else { break }
        }
    }

    private mutating func take(_ report: StopReport?) {
        history.take()
        let state = WebState(session, report, isRunning: false, history).whole(&look)
        // What happened when is the same for all of them but the last, which knows most.
        time = state.first { $0.0 == "time" }?.1 ?? .null
        latest = max(latest, session.commands.timeline?.latest ?? session.host.pc.clock.now)
        var members: [(String, JSON)] = [("state", .object(state.filter { $0.0 != "time" }))]
        var whole = WebScreen()
        if screen.picture(of: session.host.pc.vga) != nil, let picture = whole.picture(of: session.host.pc.vga) {
            switch picture {
            case .text(let message): members.append(("screen", .object(message)))
            case .dots(let bytes): members.append(("dots", .text(Base64.text(bytes))))
            }
        }
        states.append(.object(members))
    }

    /// The page.
    var page: String {
        let hello: [(String, JSON)] = [
            ("kind", .text("hello")), ("title", .text(title)), ("rate", .number(session.host.pc.clock.rate)),
            ("commands", .list([])),
            ("consoles", .list([])), ("lesson", .null),
        ]
        let json = JSON.object([("hello", .object(hello)), ("time", time), ("latest", .number(latest)), ("states", .list(states))])
            .line
        let compressed = Array(json.utf8).withUnsafeBytes { Zlib.compress($0, level: 9) } ?? []
        return SinglePage.html(title: title, recording: Base64.text(compressed))
    }
}
