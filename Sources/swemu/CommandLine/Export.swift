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

            Examples:
              swemu export disk.img --command "until 0x7c00" --steps 50 -o boot.html
              swemu export --kernel kernel.elf --command "break kmain" --command continue -o kmain.html
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
    @Option(help: ArgumentHelp("Steps to record, 0 to 2000.", valueName: "count"))
    var steps = 100
    @Option(help: ArgumentHelp("The memory that is shown: an address, a register, a symbol.", valueName: "place"))
    var look: String?

    func validate() throws {
        try machine.requireDebuggable()
        guard (0...2000).contains(steps) else { throw ValidationError("--steps \(steps): a page holds 0 to 2000 steps") }
    }

    func run() throws -> Int32 {
        let plan = try machine.plan
        let session = try DebugSession(plan.underDebugger(writesThrough: false))
        session.host.listenToHost()
        var recording = WebRecording(session, title: plan.title)
        if let look { recording.look.memory = look }
        for command in commands {
            var lines: [String] = []
            session.put = { if lines.count < 100 { lines.append($0) } }
            guard session.commands.execute(command) else {
                throw UserError(.scriptFile, line: "--command \(command): \(lines.last ?? "it cannot be carried out")")
            }
            if Signals.pending != nil { return ExitStatus.signal.rawValue }
        }
        session.put = { _ in }
        recording.record(steps: steps)
        try OutputFile.write(Array(recording.page.utf8), to: output)
        return 0
    }

    func run() throws { _ = try run() as Int32 }
}
