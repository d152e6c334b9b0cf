import Debugging

/// A movement of the machine that a client asks for: a command of the debugger, and how it is repeated.
struct DAPMovement {
    /// A command of `swemu debug`.
    private let command: String
    /// Repeat it until the source line is another one.
    private let wholeLine: Bool
    let isBackward: Bool
    /// It may stop for a moment to answer the client, and go on.
    let isResumable: Bool
    /// The client lets one thread alone move: the other processors execute nothing meanwhile.
    private(set) var isOfOneThread = false

    static func forward(_ command: String) -> DAPMovement {
        DAPMovement(command: command, wholeLine: false, isBackward: false, isResumable: command == "continue")
    }

    private init(command: String, wholeLine: Bool, isBackward: Bool, isResumable: Bool) {
        self.command = command
        self.wholeLine = wholeLine
        self.isBackward = isBackward
        self.isResumable = isResumable
    }

    /// Nil for requests that move nothing. Steps go by source lines where there are some, unless the client steps by instructions.
    init?(_ request: DAPRequest, _ session: DebugSession) {
        let view = session.debugger.view
        let hasLine = session.debugger.sources?.lines.location(of: view.linearIP) != nil
        let byLine = hasLine && request["granularity"]?.text != "instruction"
        switch request.command {
        case "continue": self = .forward("continue")
        case "next": self = .forward(byLine ? "nextline" : "next")
        case "stepIn": self = .forward(byLine ? "stepline" : "step")
        case "stepOut": self = .forward("out")
        case "stepBack": self = DAPMovement(command: "step-back", wholeLine: byLine, isBackward: true, isResumable: false)
        case "reverseContinue":
            self = DAPMovement(command: "reverse-continue", wholeLine: false, isBackward: true, isResumable: false)
        default: return nil
        }
        isOfOneThread = !isBackward && request["singleThread"]?.flag == true
    }

    /// Instructions that a step back by a line takes at most.
    private static let longestLine = 100_000

    /// Tells where the machine stopped; nil where it could not move, which the debugger has said.
    func carryOut(_ session: DebugSession) -> StopReport? {
        // What lies behind goes as it went.
        if !isBackward { session.debugger.hold(others: isOfOneThread) }
        guard wholeLine, let lines = session.debugger.sources?.lines else { return session.move(by: command) }
        let start = lines.location(of: session.debugger.view.linearIP)
        var report: StopReport?
        for _ in 0..<Self.longestLine {
            report = session.move(by: command)
            guard let report, report.isDone else { break }
            if let here = lines.location(of: report.linear), here.line != start?.line || here.file != start?.file { break }
        }
        return report
    }
}
