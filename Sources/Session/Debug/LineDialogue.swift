import Screen

/// The debugger as a dialogue in lines, for screen readers, scripts and pipes: a prompt, a command, its answer.
final class LineDialogue {
    private let session: DebugSession
    private let isInteractive = TerminalScreen.isTerminal(0)
    private var input = StandardInput()
    private var loss: UserError?
    static let prompt = "(swemu) "

    init(_ session: DebugSession) {
        self.session = session
        session.put = { [unowned self] in say($0 + "\n") }
    }

    /// Writes to standard output. A command whose answer nobody can read fails at the end.
    private func say(_ text: String) {
        guard loss == nil else { return }
        do { try StandardOutput.write(text) } catch { loss = error as? UserError }
    }

    func run(_ dialogue: DialoguePlan) -> Int32 {
        let status = hold(dialogue)
        guard let loss else { return status }
        complain("swemu: \(loss)")
        return loss.status.rawValue
    }

    private func hold(_ dialogue: DialoguePlan) -> Int32 {
        say("swemu \(swemuVersion) debugger; `help` lists the commands, `quit` ends\n")
        session.commands.execute("registers")
        session.commands.execute("disassemble /1")
        var isRight = true
        if let file = dialogue.commandFile { isRight = session.commands.execute("source \(file)") }
        for command in dialogue.commands where isRight && !session.commands.wantsEnd && Signals.pending == nil {
            isRight = carryOut(command)
            // Somebody who types gets the prompt after Ctrl-C; a script is over.
            if isInteractive { _ = Signals.takeInterrupt() }
        }
        if Signals.pending != nil { return 0 }
        if !isRight, !isInteractive { return ExitStatus.scriptFile.rawValue }
        while !session.commands.wantsEnd {
            if isInteractive { say(Self.prompt) }
            switch input.next() {
            case .end: return 0
            case .interrupted:
                session.attend()
                if session.isOver { return 0 }
                guard Signals.takeInterrupt() else { return 0 }
                say("\n")
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
        say(Self.prompt + command + "\n")
        return session.commands.execute(command)
    }
}
