import Debugging
import Screen

/// The debugger as a dialogue in lines, for screen readers, scripts and pipes: a prompt, a command, its answer.
final class LineDialogue {
    private let session: DebugSession
    private let isInteractive = TerminalScreen.isTerminal(0)
    private var input = StandardInput()
    static let prompt = "(swemu) "

    init(_ session: DebugSession) {
        self.session = session
        session.put = { print($0) }
    }

    func run(_ options: Debug) -> Int32 {
        print("swemu \(Swemu.version) debugger; `help` lists the commands, `quit` ends")
        session.commands.execute("registers")
        session.commands.execute("disassemble /1")
        var isRight = true
        if let file = options.commandFile { isRight = session.commands.execute("source \(file)") }
        for command in options.commands where isRight && !session.commands.wantsEnd { isRight = carryOut(command) }
        if !isRight, !isInteractive { return ExitStatus.scriptFile.rawValue }
        while !session.commands.wantsEnd {
            if isInteractive { print(Self.prompt, terminator: "") }
            fflush(nil)
            switch input.next() {
            case .end: return 0
            case .interrupted:
                guard Signals.takeInterrupt() else { return 0 }
                print("")
            case .text(let line):
                if isInteractive { session.commands.execute(line) } else { _ = carryOut(line) }
                // Ctrl-C has stopped the machine; any other signal ends us.
                if !Signals.takeInterrupt(), Signals.pending != nil { return 0 }
            }
        }
        return 0
    }

    /// Commands that nobody typed are shown as if somebody had.
    private func carryOut(_ command: String) -> Bool {
        print(Self.prompt + command)
        return session.commands.execute(command)
    }
}
