import Inspection
import Processor

/// Commands that go back in time.
extension CommandTable {
    static let pastCommands: [Command] = [
        Command(
            "step-back", "step-b", ["rs", "rsi", "sb", "reverse-stepi", "reverse-step", "bs"], "[COUNT]",
            what: "undo the last instruction, or COUNT of them", example: "step-back", .past
        ) { session, text throws(DebuggerError) in
            let past = try session.backwards()
            let count = try text.isEmpty ? 1 : session.count(text)
            session.move { past.stepBack(count) }
        },
        Command(
            "reverse-continue", "rev", ["rc"], what: "run back to the last stop at a breakpoint or watchpoint",
            example: "reverse-continue", .past
        ) { session, _ throws(DebuggerError) in
            let past = try session.backwards()
            session.move { past.reverseContinue() }
        },
        Command(
            "go-to", "go-", ["seek"], "TICK",
            what: "go to a moment of the past, or forward again; breakpoints of the past are passed", example: "go-to 52851",
            .past
        ) { session, text throws(DebuggerError) in
            let past = try session.backwards()
            guard !text.isEmpty else { throw DebuggerError("which moment? as in: go-to 52851; `info time` tells this one") }
            let tick = try session.value(text)
            guard tick >> 63 == 0, !text.hasPrefix("-") else {
                throw DebuggerError("ticks are counted from power-on, so \(text) is none; `step-back` goes back by an instruction")
            }
            session.move {
                let report = past.go(to: min(tick, past.timeline.latest))
                // What has not been yet can be stopped as usual.
                return report.isDone && tick > report.tick ? session.debugger.run(budget: tick - report.tick) : report
            }
        },
        Command(
            "back-to", "back-", [], "write|read ADDRESS [LENGTH] | register NAME | interrupt N",
            what:
                "run back to what last wrote or read these bytes, last changed this register, or to the last delivery of this vector",
            example: "back-to write 0x500 4", .past, completion: .words(["write", "read", "register", "interrupt"])
        ) { session, text throws(DebuggerError) in try backTo(session, text) },
    ]

    /// Moves to what `find` finds in the past; where that is nothing the machine stays, and the user hears of it.
    private static func search(
        _ session: CommandSession, _ past: Backwards, _ nothing: String, _ find: () -> StopReport
    ) throws(DebuggerError) {
        let (now, ending) = (session.pc.clock.now, session.pc.ending)
        let before = session.pc.observed.state
        let report = find()
        guard report.cause == .beginning else {
            return session.move {
                session.before = before
                return report
            }
        }
        let earliest = past.timeline.earliest
        _ = past.go(to: now)
        // An end takes no time, and lies behind the last tick.
        if ending != nil, session.pc.ending == nil { _ = past.timeline.run(until: now + 1) }
        throw DebuggerError(
            "\(nothing) since \(earliest == 0 ? "power-on" : "tick \(earliest), where the past that is kept begins"); the machine stays where it is"
        )
    }

    private static func backTo(_ session: CommandSession, _ text: String) throws(DebuggerError) {
        let past = try session.backwards()
        let (kind, rest) = text.firstWord
        switch kind {
        case "write" where !rest.isEmpty, "read" where !rest.isEmpty:
            let words = rest.words
            let last = words.count == 2 ? words[1] : "1"
            let address = try session.address(words.count == 2 ? words[0] : rest)
            let length = try session.length(last, from: address)
            let range = address..<address + length
            try search(session, past, "no instruction has \(kind == "write" ? "written" : "read") these bytes") {
                kind == "write" ? past.runBack(toWriteOf: range) : past.runBack(toReadOf: range)
            }
        case "register" where !rest.isEmpty:
            let name = rest.lowercased()
            guard RegisterAccess.value(name, in: session.view.state) != nil else {
                throw DebuggerError("no register is called \(rest); `info registers` shows them all")
            }
            try search(session, past, "no instruction has changed \(rest)") {
                past.runBack(toChangeOf: { RegisterAccess.value(name, in: $0) ?? 0 })
            }
        case "interrupt" where !rest.isEmpty:
            let vector = try session.number(rest, "a vector", in: 0...255)
            try search(session, past, "vector \(h(vector, 2)) has not been delivered") {
                past.runBack(toDeliveryOf: UInt8(vector)...UInt8(vector))
            }
        default: throw DebuggerError("back to what? write ADDRESS, read ADDRESS, register NAME, or interrupt VECTOR")
        }
    }
}
