/// Commands that let the machine run.
extension CommandTable {
    static let runningCommands: [Command] = [
        Command(
            "step", "s", ["stepi", "si"], "[COUNT]",
            what: "execute the next instruction, or COUNT of them; a halted processor waits for an interrupt",
            example: "step 10", .running
        ) { session, text throws(DebuggerError) in
            let count = try text.isEmpty ? 1 : session.count(text)
            session.move(isStep: count == 1) { session.step(count) }
        },
        Command(
            "next", "n", ["nexti", "ni"], "[COUNT]",
            what: "like step, but calls, INT n, LOOP and repeated instructions run in one go",
            example: "next", .running
        ) { session, text throws(DebuggerError) in
            let count = try text.isEmpty ? 1 : session.count(text)
            let runsThrough = session.view.instruction.map(Debugger.comesBack) ?? false
            session.move(isStep: count == 1 && !runsThrough) { repeated(count) { session.debugger.stepOver() } }
        },
        Command("out", "o", ["finish", "fin"], what: "run until the function has returned", example: "out", .running) {
            session, _ in
            session.move { session.debugger.out() }
        },
        Command(
            "until", "u", ["advance"], "[PLACE]",
            what: "run to a place; without one, past the loop that the next instruction would repeat",
            example: "until 0x7c20", .running, completion: .expression
        ) { session, text throws(DebuggerError) in
            guard !text.isEmpty else { return session.move { session.debugger.untilPast() } }
            let address = try session.place(text)
            session.move { session.debugger.until(address) }
        },
        Command(
            "continue", "c", ["cont", "run"], "[COUNT]",
            what: "run until something stops the machine, COUNT instructions at most; Ctrl-C stops it, too",
            example: "continue", .running
        ) { session, text throws(DebuggerError) in
            let budget = try text.isEmpty ? UInt64.max : session.count(text)
            session.move { session.debugger.run(budget: budget) }
        },
        Command(
            "stepline", "stepl", ["sl"], what: "run to the next source line, into functions that have lines", example: "stepline",
            .running
        ) { session, _ throws(DebuggerError) in
            try line(session) { session.debugger.step() }
        },
        Command("nextline", "nextl", ["nl"], what: "run to the next source line of this function", example: "nextline", .running) {
            session, _ throws(DebuggerError) in
            try line(session) { session.debugger.stepOver() }
        },
        Command(
            "reset", "res", [], "[processor]", what: "press the machine's reset button; breakpoints stay", example: "reset",
            .running,
            completion: .words(["processor"])
        ) { session, text throws(DebuggerError) in
            guard text.isEmpty || text == "processor" else { throw DebuggerError("reset what? `reset` or `reset processor`") }
            session.pc.reset(text.isEmpty ? .machine : .processor)
            session.debugger.onChange()
            session.move { StopReport(.done, session.pc) }
        },
    ]

    private static func repeated(_ count: UInt64, _ body: () -> StopReport) -> StopReport {
        var report = body()
        var done: UInt64 = 1
        while report.isDone, done < count {
            report = body()
            done += 1
        }
        return report
    }

    /// Steps until the source line is another one.
    private static func line(_ session: CommandSession, _ step: () -> StopReport) throws(DebuggerError) {
        guard let lines = session.debugger.sources?.lines, let start = lines.location(of: session.view.linearIP) else {
            throw DebuggerError("no source line is known here; `step` and `next` execute single instructions")
        }
        session.move {
            for _ in 0..<1_000_000 {
                let report = step()
                guard report.isDone else { return report }
                if let here = lines.location(of: report.linear), here != start { return report }
            }
            return StopReport(.budget, session.pc)
        }
    }
}
