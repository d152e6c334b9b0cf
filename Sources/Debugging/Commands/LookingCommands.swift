import Inspection

/// Commands that show things and change nothing.
extension CommandTable {
    static let lookingCommands: [Command] = [
        CommandSession.postMortem,
        Command(
            "registers", "r", ["regs", "reg"], "[NAME…]", what: "show the general registers and flags, or the ones named",
            example: "registers eax cr0",
            .looking, completion: .expression
        ) { session, text throws(DebuggerError) in
            guard !text.isEmpty else { return put(RegisterListing(session.view.state).general, session) }
            for name in text.words {
                if let lines = FloatRegisters(session.view.state).lines(name.lowercased()) {
                    put(lines, session)
                    continue
                }
                guard let value = RegisterAccess.value(name.lowercased(), in: session.view.state) else {
                    throw DebuggerError("no register is called \(name); `info registers` shows them all")
                }
                session.put("\(name) = \(h(value)) = \(value)")
            }
        },
        Command(
            "print", "p", ["?", "calc"], "[/FORMAT] EXPRESSION",
            what:
                "compute: numbers (0x10, 10h, 16, 0b1), registers, flags, symbols, byte[…] word[…] qword[…] [ds:si], physical[…], + - * / % & | ^ ~ << >> and comparisons; variables of C with members, elements and casts; formats x d u o t c z",
            example: "print tasks[1].name", .looking, completion: .expression
        ) { session, text throws(DebuggerError) in session.put(try VariableListing(session).printed(text)) },
        Command(
            "x", "x", [], "[/COUNT FORMAT SIZE] [ADDRESS]",
            what: "examine memory at a linear address; formats x d u o t c s i, sizes b h w g, as gdb and Bochs have them",
            example: "x /16xb 0x7c00", .looking, completion: .expression
        ) { session, text throws(DebuggerError) in try Examine.run(session, text, isPhysical: false) },
        Command(
            "xp", "xp", [], "[/COUNT FORMAT SIZE] [ADDRESS]", what: "the same at a physical address", example: "xp /4xw 0x500",
            .looking
        ) {
            session, text throws(DebuggerError) in
            try Examine.run(session, text, isPhysical: true)
        },
        Command(
            "disassemble", "disas", ["disasm", "dump"], "[/COUNT] [PLACE [END]]",
            what: "show instructions, with symbols, in the size of the code that CS selects", example: "disassemble /5 0x7c00",
            .looking,
            completion: .expression
        ) { session, text throws(DebuggerError) in
            var (count, place) = (10, text)
            if text.hasPrefix("/") {
                let (first, rest) = String(text.dropFirst()).firstWord
                guard let number = Int(first), (1...500).contains(number) else {
                    throw DebuggerError("a count from 1 to 500, please, not \(first)")
                }
                (count, place) = (number, rest)
            }
            let code = CodeListing(session)
            let words = place.words
            if words.count == 2, let start = try? session.place(words[0]), let end = try? session.place(words[1]) {
                guard start < end else { throw DebuggerError("the second address is not behind the first one") }
                count =
                    code.walk(from: start, count: text.hasPrefix("/") ? count : 500).prefix {
                        $0.linear < end && $0.linear >= start
                    }.count
                place = words[0]
            }
            let start = try place.isEmpty ? session.disassembleNext ?? session.view.linearIP : session.place(place)
            put(code.lines(from: start, count: count), session)
            session.disassembleNext = code.address(after: count, from: start)
        },
        Command(
            "stack", "sta", ["print-stack"], "[COUNT]", what: "show the top of the stack, with symbols", example: "stack 8",
            .looking
        ) {
            session, text throws(DebuggerError) in
            let count = try text.isEmpty ? 8 : session.count(text, most: 1000)
            put(StackListing(session).lines(count: Int(count)), session)
        },
        Command("backtrace", "ba", ["bt", "where"], what: "show who called whom", example: "backtrace", .looking) { session, _ in
            put(StackListing(session).backtrace, session)
        },
        Command(
            "list", "l", [], "[PLACE]", what: "show the source lines around a place", example: "list kmain", .looking,
            completion: .expression
        ) {
            session, text throws(DebuggerError) in
            let address = try text.isEmpty ? session.view.linearIP : session.place(text)
            put(try SourceListing(session).lines(around: address, count: 10), session)
        },
        Command(
            "info", "i", ["show"], "WHAT", what: "show \(InfoTable.allCases.map(\.rawValue).joined(separator: ", "))",
            example: "info gdt", .looking,
            completion: .tables
        ) { session, text throws(DebuggerError) in try InfoTable.show(text, session) },
        Command(
            "cpu", "cp", ["processor", "thread"], "[NUMBER]",
            what: "look at another processor, which steps are for from now on; without a number, show them all", example: "cpu 1",
            .looking
        ) { session, text throws(DebuggerError) in
            if !text.isEmpty {
                let most = UInt64(session.pc.processors.count - 1)
                session.pc.focus = Int(try session.number(text, "a processor's number", in: 0...most))
            }
            put(ProcessorListing.lines(session.pc), session)
        },
        Command(
            "page", "pag", [], "ADDRESS", what: "walk the page tables for a linear address, entry by entry",
            example: "page 0xc0000000", .looking
        ) {
            session, text throws(DebuggerError) in
            try InfoTable.show("paging \(text.isEmpty ? "eip" : text)", session)
        },
        Command(
            "symbol", "sy", ["sym"], "NAME|ADDRESS", what: "the address of a symbol, or what is at an address",
            example: "symbol kmain", .looking,
            completion: .expression
        ) { session, text throws(DebuggerError) in
            let address = try session.place(text)
            let name = session.debugger.sources?.describe(address) ?? "no symbol"
            session.put("\(h(address)): \(name)")
        },
        Command(
            "find", "f", ["search"], "[physical] START LENGTH \"TEXT\"|BYTES",
            what: "search memory for a text or for bytes in hexadecimal", example: "find 0x7c00 512 55 aa", .looking
        ) { session, text throws(DebuggerError) in try Search.run(session, text) },
        Command("screen", "sc", [], what: "show the guest's screen as text", example: "screen", .looking) { session, _ in
            guard let lines = session.host.screenLines() else {
                return session.put("the guest shows a picture of dots; `swemu run --screen-png` keeps one")
            }
            put(lines, session)
        },
    ]

    static func put(_ lines: [String], _ session: CommandSession) {
        for line in lines { session.put(line) }
    }
}
