import Processor

/// Commands about breakpoints and watchpoints.
extension CommandTable {
    private static let place = "PLACE [if CONDITION]"

    static let stopCommands: [Command] = [
        Command(
            "break", "b", ["lb", "lbreak"], place,
            what: "stop before the instruction at a linear address, symbol, file:line, or segment:offset as the mode of now has it",
            example: "break 0x7c00 if eax == 3", .stopping, completion: .expression
        ) { session, text throws(DebuggerError) in try code(session, text, isTemporary: false) },
        Command(
            "tbreak", "tb", [], place, what: "the same for one time", example: "tbreak kmain", .stopping, completion: .expression
        ) { session, text throws(DebuggerError) in try code(session, text, isTemporary: true) },
        Command(
            "pbreak", "pb", [], place, what: "stop at a physical address, wherever it is mapped", example: "pbreak 0x100000",
            .stopping,
            completion: .expression
        ) { session, text throws(DebuggerError) in
            let (place, condition) = try split(text)
            try add(session, .physical(session.physicalAddress(place)), place, condition)
        },
        Command(
            "vbreak", "vb", [], "SELECTOR:OFFSET [if CONDITION]",
            what: "stop when CS holds the selector and EIP the offset, whatever they lead to",
            example: "vbreak 0x7c0:0x10", .stopping, completion: .expression
        ) { session, text throws(DebuggerError) in
            let (place, condition) = try split(text)
            guard case .far(let selector, let offset) = try Expression(place) else {
                throw DebuggerError("vbreak wants a selector and an offset, as in vbreak 0x7c0:0x10")
            }
            let context = session.debugger.context
            let chosen = try CommandSession.inside(try selector.value(in: context), 0xFFFF, "a selector")
            let trigger = StopPoint.Trigger.far(
                selector: UInt16(chosen),
                offset: try CommandSession.inside(try offset.value(in: context), session.view.linearMask, "an offset"))
            try add(session, trigger, place, condition)
        },
        Command(
            "watch", "w", [], "[r|w|rw] ADDRESS [LENGTH] [if CONDITION]",
            what: "stop behind the instruction that writes (r: reads) memory at a linear address",
            example: "watch w 0x500 4", .stopping, completion: .expression
        ) { session, text throws(DebuggerError) in try data(session, text, .linear, reads: false, writes: true) },
        Command(
            "pwatch", "pw", [], "[r|w|rw] ADDRESS [LENGTH] [if CONDITION]", what: "the same for a physical address",
            example: "pwatch 0xb8000 4000", .stopping,
            completion: .expression
        ) { session, text throws(DebuggerError) in try data(session, text, .physical, reads: false, writes: true) },
        Command(
            "rwatch", "rw", [], "ADDRESS [LENGTH] [if CONDITION]", what: "stop behind reads of memory", example: "rwatch 0x46c",
            .stopping,
            completion: .expression
        ) { session, text throws(DebuggerError) in try data(session, text, .linear, reads: true, writes: false) },
        Command(
            "awatch", "aw", [], "ADDRESS [LENGTH] [if CONDITION]", what: "stop behind reads and writes of memory",
            example: "awatch 0x500 2", .stopping,
            completion: .expression
        ) { session, text throws(DebuggerError) in try data(session, text, .linear, reads: true, writes: true) },
        Command(
            "catch", "ca", [], "port P [in|out] | interrupt [N] | exception [N] | mode | cr [N] | magic",
            what: "stop at an event: a port, a delivered vector, a change of mode, a write to a control register, XCHG BX,BX",
            example: "catch exception 14", .stopping, completion: .words(["port", "interrupt", "exception", "mode", "cr", "magic"])
        ) { session, text throws(DebuggerError) in try event(session, text) },
        Command(
            "modebp", "mod", [], what: "stop when the mode changes: real, protected, virtual-8086, paging", example: "modebp",
            .stopping
        ) { session, _ throws(DebuggerError) in try event(session, "mode") },
        Command(
            "iobreak", "io", ["watchio"], "PORT [in|out]", what: "stop behind accesses to a port", example: "iobreak 0x60 in",
            .stopping
        ) { session, text throws(DebuggerError) in try event(session, "port \(text)") },
        Command("blist", "bl", ["bpl"], what: "list breakpoints and watchpoints", example: "blist", .stopping) { session, _ in
            for line in StopPointListing.list(session) { session.put(line) }
        },
        Command(
            "delete", "d", ["del", "bc", "unwatch"], "[NUMBER…]", what: "delete breakpoints and watchpoints, all without a number",
            example: "delete 2",
            .stopping
        ) { session, text throws(DebuggerError) in
            guard !text.isEmpty else { return session.debugger.removeAll() }
            for number in try numbers(text, session) where !session.debugger.remove(number) { throw missing(number) }
        },
        Command("enable", "en", ["bpe"], "NUMBER…", what: "let them stop again", example: "enable 1", .stopping) {
            session, text throws(DebuggerError) in
            for number in try numbers(text, session) where !session.debugger.change(number, { $0.isEnabled = true }) {
                throw missing(number)
            }
        },
        Command("disable", "dis", ["bpd"], "NUMBER…", what: "keep them, but let them not stop", example: "disable 1", .stopping) {
            session, text throws(DebuggerError) in
            for number in try numbers(text, session) where !session.debugger.change(number, { $0.isEnabled = false }) {
                throw missing(number)
            }
        },
        Command("ignore", "ig", [], "NUMBER COUNT", what: "pass so many times before stopping", example: "ignore 1 100", .stopping)
        {
            session, text throws(DebuggerError) in
            let (first, rest) = text.firstWord
            let count = try session.number(rest, "a count", in: 0...UInt64.max >> 1)
            for number in try numbers(first, session) where !session.debugger.change(number, { $0.ignoreCount = count }) {
                throw missing(number)
            }
        },
        Command(
            "condition", "cond", [], "NUMBER [CONDITION]", what: "stop only when the condition is not 0; without one, always",
            example: "condition 1 ecx > 100", .stopping, completion: .expression
        ) { session, text throws(DebuggerError) in
            let (first, rest) = text.firstWord
            let condition = try rest.isEmpty ? nil : Expression(rest)
            if let condition {
                for point in session.debugger.points where try numbers(first, session).contains(point.number) {
                    try session.debugger.requireMeaning(of: condition, for: point.trigger)
                }
            }
            for number in try numbers(first, session)
            where !session.debugger.change(
                number,
                {
                    $0.condition = condition; $0.conditionSource = rest
                })
            {
                throw missing(number)
            }
        },
    ]

    private static func missing(_ number: Int) -> DebuggerError {
        DebuggerError("there is no number \(number); `blist` lists them")
    }

    private static func numbers(_ text: String, _ session: CommandSession) throws(DebuggerError) -> [Int] {
        var numbers: [Int] = []
        for word in text.words {
            guard let number = word == "$last" ? session.debugger.points.last?.number : Int(word) else {
                throw DebuggerError("\(word) is no number of a breakpoint; `blist` lists them")
            }
            numbers.append(number)
        }
        guard !numbers.isEmpty else { throw DebuggerError("which one? give its number; `blist` lists them") }
        return numbers
    }

    /// "PLACE if CONDITION".
    private static func split(_ text: String) throws(DebuggerError) -> (place: String, condition: String) {
        let words = text.words
        let index = words.firstIndex(of: "if")
        let place = words[..<(index ?? words.endIndex)].joined(separator: " ")
        guard !place.isEmpty else { throw DebuggerError("where? give an address, a symbol, or file:line") }
        let condition = index.map { words[($0 + 1)...].joined(separator: " ") } ?? ""
        guard index == nil || !condition.isEmpty else { throw DebuggerError("a condition is missing behind if") }
        return (place, condition)
    }

    private static func add(
        _ session: CommandSession, _ trigger: StopPoint.Trigger, _ source: String, _ condition: String, isTemporary: Bool = false,
        others: [UInt64] = []
    ) throws(DebuggerError) {
        let parsed = try condition.isEmpty ? nil : Expression(condition)
        if let parsed { try session.debugger.requireMeaning(of: parsed, for: trigger) }
        let point = session.debugger.add(trigger, source: source, condition: parsed, isTemporary: isTemporary)
        session.debugger.change(point.number) {
            $0.conditionSource = condition
            $0.furtherPlaces = Set(others)
        }
        if let point = session.debugger.points.last { session.put(StopPointListing.line(point, session)) }
    }

    private static func code(_ session: CommandSession, _ text: String, isTemporary: Bool) throws(DebuggerError) {
        guard !text.isEmpty else {
            return try add(session, .linear(session.view.linearIP), "here", "", isTemporary: isTemporary)
        }
        let (place, condition) = try split(text)
        let (first, others) = try session.placesOfBreakpoint(place)
        try add(session, .linear(first), place, condition, isTemporary: isTemporary, others: others)
    }

    private static func data(
        _ session: CommandSession, _ text: String, _ space: StopConditions.DataWatch.Space, reads: Bool, writes: Bool
    ) throws(DebuggerError) {
        guard !text.isEmpty else { return StopPointListing.list(session).forEach(session.put) }
        var (reads, writes) = (reads, writes)
        var (place, condition) = try split(text)
        let (first, rest) = place.firstWord
        if ["r", "w", "rw", "read", "write"].contains(first), !rest.isEmpty {
            (reads, writes) = (first.hasPrefix("r"), first.contains("w"))
            place = rest
        }
        // A second value is a length; addresses have no spaces then.
        let words = place.words
        var length: String?
        if words.count == 2, (try? session.value(words[1])) != nil, (try? session.value(words[0])) != nil {
            (place, length) = (words[0], words[1])
        }
        let (start, size) = try session.debugger.watched(place)
        let address = try space == .linear ? session.linear(start) : session.physical(start)
        let end = try address + session.length(length ?? String(min(max(1, size), 1 << 24)), from: address)
        try add(session, .data(.init(space, address..<end, reads: reads, writes: writes)), place, condition)
    }

    private static func event(_ session: CommandSession, _ text: String) throws(DebuggerError) {
        let (kind, rest) = text.firstWord
        let (first, second) = rest.firstWord
        func vectors() throws(DebuggerError) -> ClosedRange<UInt8> {
            guard !first.isEmpty else { return 0...255 }
            let vector = try session.number(first, "a vector", in: 0...255)
            return UInt8(vector)...UInt8(vector)
        }
        switch kind {
        case "port":
            guard !first.isEmpty, ["", "in", "out"].contains(second) else {
                throw DebuggerError("write: port NUMBER, and in or out")
            }
            let port = try session.number(first, "a port", in: 0...0xFFFF)
            let watch = StopConditions.PortWatch(UInt16(port)...UInt16(port), reads: second != "out", writes: second != "in")
            try add(session, .port(watch), rest, "")
        case "interrupt", "int": try add(session, .interrupt(vectors()), rest, "")
        case "exception", "exc": try add(session, .exception(vectors()), rest, "")
        case "mode": try add(session, .modeChange, "", "")
        case "magic": try add(session, .magic, "", "")
        case "cr":
            let number = try first.isEmpty ? 0 : session.value(first)
            guard [0, 2, 3, 4].contains(number) else { throw DebuggerError("there are CR0, CR2, CR3 and CR4, not CR\(number)") }
            try add(session, .controlRegister(UInt8(number)), "cr\(number)", "")
        default: throw DebuggerError("catch what? port, interrupt, exception, mode, cr or magic")
        }
    }
}
