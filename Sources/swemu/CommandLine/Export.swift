import ArgumentParser
import Session

/// `swemu export`: some steps of a run as a page that can be given away.
struct Export: ParsableCommand, StatusCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write some steps of a run as a page that needs nothing else.",
        discussion: """
            The machine runs under the debugger: the commands come first, then so many steps. Each state goes into the page with its explanation, \
            screen, code, registers, stack, memory and the ways of addresses and interrupts. The file opens in any browser, without swemu and \
            without a network: for slides, bug reports and homework. Everything `swemu run` accepts for the machine is accepted here.

            In the place of an image may stand a recording of `swemu run --record`: the page has the whole run's line of time, and its last steps, or \
            the steps behind each --at. The recording names its images; give them with --replay FILE where they are elsewhere now.

            Examples:
              swemu export disk.img --command "until 0x7c00" --steps 50 -o boot.html
              swemu export --kernel kernel.elf --command "break kmain" --command continue -o kmain.html
              swemu export run.txt -o died.html
              swemu export run.txt --at 52851 --at 9M --steps 20 -o moments.html
            """)

    @OptionGroup var machine: Run

    @Option(
        name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("The page to write.", valueName: "file"),
        completion: .file())
    var output: String
    @Option(
        name: .customLong("command"),
        help: ArgumentHelp("Carry out this command of the debugger first; again for more.", valueName: "command"))
    var commands: [String] = []
    @Option(help: ArgumentHelp("Record the steps behind this moment; again for more.", valueName: "tick"))
    var at: [Count] = []
    @Option(help: ArgumentHelp("Steps to record, 0 to 2000; behind each --at.", valueName: "count"))
    var steps = 100
    @Option(help: ArgumentHelp("The memory that is shown: an address, a register, a symbol.", valueName: "place"))
    var look: String?

    func validate() throws {
        try machine.requireDebuggable()
        guard (0...Self.most).contains(steps), steps * max(1, at.count) <= Self.most else {
            throw ValidationError("--steps \(steps)\(at.count > 1 ? " at \(at.count) moments" : ""): a page holds 0 to 2000 steps")
        }
    }

    /// Steps that a page holds.
    private static let most = 2000

    func run() throws -> Int32 {
        let plan = try machine.plan.withRecordingApart
        let session = try DebugSession(plan.underDebugger(writesThrough: false))
        session.host.listenToHost()
        var recording = WebRecording(session, title: session.host.plan.title)
        if let look { recording.look.memory = look }
        for command in commands { try carryOut(command, session) }
        var moments = at.map(\.value).sorted()
        if plan.state.replay != nil, commands.isEmpty, moments.isEmpty {
            // The end is what a recorded run is told for. One step back passes the idle time behind the last instruction.
            try carryOut("continue", session)
            try carryOut("step-back", session)
            let tick = session.host.pc.clock.now
            try carryOut("go-to \(tick - min(tick, UInt64(max(steps, 1) - 1)))", session)
        }
        session.put = { _ in }
        if moments.isEmpty { recording.record(steps: steps) }
        while let moment = moments.first, Signals.pending == nil {
            moments.removeFirst()
            try carryOut("go-to \(moment)", session)
            recording.record(steps: steps)
        }
        if Signals.pending != nil { return ExitStatus.signal.rawValue }
        try OutputFile.write(Array(recording.page.utf8), to: output)
        return 0
    }

    /// Carries out a command of the debugger, or throws what it said.
    private func carryOut(_ command: String, _ session: DebugSession) throws {
        var lines: [String] = []
        session.put = { if lines.count < 100 { lines.append($0) } }
        guard session.commands.execute(command) || Signals.pending != nil else {
            throw UserError(.scriptFile, line: "\(command): \(lines.last ?? "it cannot be carried out")")
        }
    }

    func run() throws { _ = try run() as Int32 }
}
