import Inspection

/// Commands about the dialogue itself.
extension CommandTable {
    static let sessionCommands: [Command] = [
        Command(
            "help", "h", [], "[COMMAND]", what: "list the commands, or explain one", example: "help break", .session,
            completion: .commands
        ) {
            session, text throws(DebuggerError) in
            put(try help(text.lowercased()), session)
        },
        Command(
            "explain", "e", [], "[on|off|gdt|idt|tss|paging|pic]",
            what:
                "tell what the next instruction will do, in full; switch the short telling after each step; look through a table for mistakes",
            example: "explain", .session, completion: .words(["on", "off", "gdt", "idt", "tss", "paging", "pic"])
        ) { session, text throws(DebuggerError) in try session.explain(text) },
        Command(
            "trace", "tr", [], "FILE|on|off", what: "write a line for each instruction that is stepped, into a file or here",
            example: "trace instructions.txt", .session, completion: .words(["on", "off"])
        ) { session, text throws(DebuggerError) in try session.setTrace(text) },
        Command("source", "so", [], "FILE", what: "carry out the commands in a file", example: "source session.txt", .session) {
            session, text throws(DebuggerError) in
            guard !text.isEmpty else { throw DebuggerError("source wants the name of a file with commands") }
            try session.source(text)
        },
        Command(
            "save", "sa", [], "[machine] FILE",
            what: "keep breakpoints and settings in a file, as commands; with `machine` the whole machine as a snapshot",
            example: "save session.txt",
            .session
        ) { session, text throws(DebuggerError) in
            let (first, rest) = text.firstWord
            guard !first.isEmpty, first != "machine" || !rest.isEmpty else { throw DebuggerError("save wants the name of a file") }
            if first == "machine" {
                try session.host.saveMachine(rest)
            } else {
                try session.host.writeText(StopPointListing.script(session), to: text)
            }
            session.put("saved \(first == "machine" ? rest : text)")
        },
        Command(
            "load", "lo", [], "[machine] FILE",
            what: "take breakpoints and settings from a file, or the whole machine from a snapshot",
            example: "load session.txt", .session
        ) { session, text throws(DebuggerError) in
            let (first, rest) = text.firstWord
            guard !first.isEmpty, first != "machine" || !rest.isEmpty else { throw DebuggerError("load wants the name of a file") }
            if first == "machine" { try session.loadMachine(rest) } else { try session.source(text) }
        },
        Command("quit", "q", ["exit"], what: "leave; the machine is gone", example: "quit", .session) { session, _ in
            session.wantsEnd = true
        },
    ]
}
