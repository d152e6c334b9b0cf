import Executables

/// Commands about the source: types, frames, and expressions that are shown again and again.
extension CommandTable {
    private static let mostDisplays = 64

    static let sourceCommands: [Command] = [
        Command(
            "ptype", "pt", [], "TYPE|EXPRESSION", what: "show how a type is declared: its members, or the names of its values",
            example: "ptype struct task", .looking, completion: .expression
        ) { session, text throws(DebuggerError) in put(TypeDeclaration.lines(try type(text, session)), session) },
        Command(
            "whatis", "wha", [], "EXPRESSION", what: "show the name of a value's type", example: "whatis tasks[1]", .looking,
            completion: .expression
        ) {
            session, text throws(DebuggerError) in
            session.put("type = \(try type(text, session).name)")
        },
        Command(
            "frame", "fr", [], "[NUMBER]", what: "choose the frame whose variables are meant, as `backtrace` counts them",
            example: "frame 1", .looking
        ) { session, text throws(DebuggerError) in
            if !text.isEmpty { try session.debugger.select(frame: Int(clamping: session.value(text))) }
            put(VariableListing(session).frame, session)
        },
        Command("up", "up", [], "[COUNT]", what: "choose the frame of the caller", example: "up", .looking) {
            session, text throws(DebuggerError) in
            try move(session, text, 1)
        },
        Command("down", "dow", [], "[COUNT]", what: "choose the frame that was called from this one", example: "down", .looking) {
            session, text throws(DebuggerError) in
            try move(session, text, -1)
        },
        Command(
            "display", "disp", [], "[/FORMAT] [EXPRESSION]",
            what: "show an expression after each stop; without one, show them all now",
            example: "display tasks[1].state", .looking, completion: .expression
        ) { session, text throws(DebuggerError) in
            guard !text.isEmpty else { return put(VariableListing(session).listOfDisplays, session) }
            guard session.displays.count < mostDisplays else {
                throw DebuggerError("\(mostDisplays) are displayed already; `undisplay` takes them away")
            }
            let line = try VariableListing(session).printed(text)
            session.lastDisplay += 1
            session.displays.append((session.lastDisplay, text))
            session.put("\(session.lastDisplay): \(line)")
        },
        Command(
            "undisplay", "und", [], "[NUMBER…]", what: "show it no more; all without a number", example: "undisplay 1", .looking
        ) {
            session, text throws(DebuggerError) in
            guard !text.isEmpty else { return session.displays = [] }
            for word in text.words {
                guard let index = session.displays.firstIndex(where: { String($0.number) == word }) else {
                    throw DebuggerError("no display has the number \(word); `info display` lists them")
                }
                session.displays.remove(at: index)
            }
        },
    ]

    /// The type that a text names, or that its value has.
    private static func type(_ text: String, _ session: CommandSession) throws(DebuggerError) -> SourceType {
        guard !text.isEmpty else { throw DebuggerError("of what? give a type or an expression") }
        if let type = TypeDeclaration.type(text, session.debugger.sources, pointerSize: session.view.is64Bit ? 8 : 4) {
            return type
        }
        if let function = session.debugger.sources?.debug?.type(ofFunction: text) { return function }
        guard case .typed(let value) = try Expression(text).quantity(in: session.debugger.context) else {
            throw DebuggerError("\(text) is a number without a type")
        }
        return value.type
    }

    private static func move(_ session: CommandSession, _ text: String, _ direction: Int) throws(DebuggerError) {
        let count = try text.isEmpty ? 1 : session.value(text)
        let number = session.debugger.selectedFrameNumber + direction * Int(clamping: min(count, 1 << 20))
        let last = session.debugger.sourceFrames.count - 1
        guard number >= 0 else { throw DebuggerError("frame 0 is the innermost one") }
        guard number <= last else { throw DebuggerError("frame \(last) is the outermost one that is known") }
        try session.debugger.select(frame: number)
        put(VariableListing(session).frame, session)
    }
}
