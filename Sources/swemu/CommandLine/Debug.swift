import ArgumentParser
import Debugging
import Session

/// `swemu debug`: a machine under the debugger.
struct Debug: ParsableCommand, StatusCommand {
    static let configuration = CommandConfiguration(
        abstract: "Step through a machine and look into it.",
        discussion: """
            The machine stands before its first instruction. In a terminal a page shows code, registers, stack, memory and messages; F1 helps. \
            With --plain, or where there is no terminal, it is a dialogue in lines. Everything `swemu run` accepts for the machine is accepted here.

            What the guest writes to its disks is kept in memory and forgotten, so that one can go back in time; --write-through lets it write \
            to the image.

            --max-instructions, --timeout, --max-output and --max-host-memory mean what they mean to swemu run, and so do the last line and the \
            exit status of a session that one of them or a signal ended. A mistake in a script: 62.

            Examples:
              swemu debug disk.img
              swemu debug disk.img --plain --command "until 0x7c00" --command "disassemble"
              swemu debug --kernel kernel.elf --command-file session.txt
              swemu debug disk.img --replay recording.txt
            """)

    @OptionGroup var machine: Run

    @Flag(help: "A dialogue in lines: for screen readers, scripts and pipes.")
    var plain = false
    @Option(
        name: .customLong("command-file"),
        help: ArgumentHelp("Carry out the commands in this file first.", valueName: "file"), completion: .file())
    var commandFile: String?
    @Option(
        name: .customLong("command"),
        help: ArgumentHelp("Carry out this command first; again for more.", valueName: "command"))
    var commands: [String] = []
    @Option(help: ArgumentHelp("Whose words are meant where tools disagree (u, p, b, i, o): gdb, bochs, qemu.", valueName: "tool"))
    var words = Vocabulary.gdb
    @Flag(help: "Let the guest write to its images; then there is no way back in time.")
    var writeThrough = false

    func run() throws -> Int32 {
        let session = try DebugSession(plan)
        session.commands.vocabulary = words
        return session.run(DialoguePlan(isPlain: plain, commandFile: commandFile, commands: commands))
    }

    /// The machine as a debugger has it.
    var plan: SessionPlan { get throws { try machine.plan.underDebugger(writesThrough: writeThrough) } }

    func validate() throws {
        try machine.requireDebuggable()
        if machine.screen.speed != .max {
            throw ValidationError("--speed is for swemu run; the debugger would do nothing about it")
        }
    }

    func run() throws { _ = try run() as Int32 }
}

extension Run {
    /// Throws for options that say nothing to a debugger.
    func requireDebuggable() throws {
        if lockstep != nil { throw ValidationError("--lockstep is for swemu run") }
        if state.record != nil {
            throw ValidationError(
                "--record is for swemu run; the debugger goes back by itself, and --replay repeats a recording here, too")
        }
        if let name = unheardByDebugger {
            throw ValidationError("\(name) is for swemu run; the debugger would do nothing about it")
        }
    }

    /// An option that was given and says nothing to a debugger.
    private var unheardByDebugger: String? {
        let options = [
            ("--script", scripting.script != nil), ("--step", !scripting.step.isEmpty), ("--expect", !scripting.expect.isEmpty),
            ("--fail-on", !scripting.failOn.isEmpty), ("--trace", !tracing.trace.isEmpty),
            ("--gdb", debugging.gdb != nil), ("--dap", debugging.dap != nil), ("--report", report != nil),
            ("--evidence", ceilings.evidence != nil), ("--evidence-always", ceilings.evidenceAlways),
            ("--state-hash", stateHash), ("--stats", stats), ("--screen-hash", screen.screenHash),
            ("--film", screen.film != nil), ("--coverage", measuring.coverage != nil),
            ("--profile", measuring.profile != nil),
            ("--display", (screen.display ?? DisplayChoice.none) != DisplayChoice.none),
        ]
        return options.first { $0.1 }?.0
    }
}

extension Vocabulary: ExpressibleByArgument {}
