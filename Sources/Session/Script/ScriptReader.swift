import Formats
import Screen
import Wiring

/// Makes a `Script` of YAML. Each mistake names file, line and remedy.
struct ScriptReader {
    let file: String
    /// The media that a step can put in; nil where that is not looked at.
    var media: ScriptMedia?

    static let stepKeys = [
        "expect", "serial", "debugcon", "screen", "type", "keys", "send", "wait", "screenshot", "snapshot", "exit",
        "ending", "insert", "eject", "within", "regex", "row",
        "rows", "columns", "layout",
    ]
    private static let actions = [
        "expect", "serial", "debugcon", "screen", "type", "keys", "send", "wait", "screenshot", "snapshot", "exit",
        "ending", "insert", "eject",
    ]

    /// A list of steps.
    func steps(_ value: YAML) throws -> [Script.Step] {
        guard let items = value.list else { throw mistake("steps is not a list", value, "begin each step with a dash") }
        return try items.map { try step($0) }
    }

    func step(_ value: YAML) throws -> Script.Step {
        guard let pairs = value.mapping, !pairs.isEmpty else {
            throw mistake("a step is not a key with a value", value, "write it as in: - expect: \"login:\"")
        }
        for pair in pairs where !Self.stepKeys.contains(pair.key) {
            let (key, inner) = (pair.key, pair.value)
            throw mistake("a step has no key \(key)", inner, remedy(for: key, among: Self.stepKeys))
        }
        let given = pairs.filter { Self.actions.contains($0.key) }
        guard given.count == 1, let first = given.first else {
            throw mistake(
                "a step says \(given.count) things to do", value,
                "give each step exactly one of \(Self.actions.joined(separator: ", "))")
        }
        let within = try value["within"].map { try count($0) } ?? Script.usualBudget
        return Script.Step(action: try action(first.key, first.value, value), within: within, place: "\(file):\(value.line)")
    }

    private func action(_ key: String, _ argument: YAML, _ step: YAML) throws -> Script.Action {
        switch key {
        case "expect", "serial", "debugcon", "screen": return .expect(try expectation(key, argument, step))
        case "type": return .keys(try typed(try text(argument), step))
        case "keys": return .keys(try chords(argument))
        case "send": return .send(Array(try text(argument).utf8))
        case "wait": return .wait(try count(argument))
        case "insert": return try insertion(argument)
        case "eject": return try removal(argument)
        case "screenshot": return .screenshot(try picture(argument))
        case "snapshot": return .snapshot(try text(argument))
        case "ending": return try ending(argument)
        default: return try exit(argument)
        }
    }

    /// A file for the screen, whose name says what it is to be.
    private func picture(_ argument: YAML) throws -> String {
        let name = try text(argument)
        guard !ScreenFiles.foreignEndings.contains(where: { name.lowercased().hasSuffix($0) }) else {
            throw mistake(
                "screenshot is to be a picture of a kind that is not written", argument, "let its name end in .png, .ppm or .txt")
        }
        return name
    }

    private func exit(_ argument: YAML) throws -> Script.Action {
        guard let text = argument.text, let code = text == "passed" ? 0 : UInt32(text) else {
            throw mistake("exit is no code", argument, "write 0, another number, or passed")
        }
        return .exit(code: code)
    }

    private func ending(_ argument: YAML) throws -> Script.Action {
        guard let kind = Script.endings.first(where: { $0.rawValue == argument.text }) else {
            let known = Script.endings.map(\.rawValue).joined(separator: ", ")
            throw mistake("no ending \(argument.text ?? "like this")", argument, "known: \(known); a code is exit: N")
        }
        return .ending(kind)
    }

    /// The ending that a whole test is about, however long it takes: a step behind all others.
    func expectedEnding(_ value: YAML) throws -> Script.Step {
        let action = try value["exit"].map { try exit($0) } ?? ending(value)
        return Script.Step(action: action, within: .max, place: "\(file):\(value.line)")
    }

    /// Texts that mean failure: a list of texts, or of mappings as in steps.
    func failures(_ value: YAML) throws -> [Script.Expectation] {
        try (value.list ?? [value]).map { (item: YAML) throws -> Script.Expectation in
            if let text = item.text { return Script.Expectation(pattern: Pattern(text: text), place: .anywhere) }
            guard let pair = item.mapping?.first(where: { ["expect", "serial", "debugcon", "screen"].contains($0.key) }) else {
                throw mistake(
                    "a fail entry is neither a text nor a place with a text", item, "write - \"panic\" or - screen: \"panic\"")
            }
            return try expectation(pair.key, pair.value, item)
        }
    }

    private func expectation(_ key: String, _ argument: YAML, _ step: YAML) throws -> Script.Expectation {
        let place: Script.Place =
            switch key {
            case "serial": .serial
            case "debugcon": .debugConsole
            case "screen": .screen(rows: try range(step["row"] ?? step["rows"]), columns: try range(step["columns"]))
            default: .anywhere
            }
        let text = try text(argument)
        guard !text.isEmpty else { throw mistake("an empty text is everywhere", argument, "say what to wait for") }
        guard try flag(step["regex"]) else { return Script.Expectation(pattern: Pattern(text: text), place: place) }
        let pattern: Pattern
        do throws(RegularExpression.Mistake) {
            pattern = try Pattern(regularExpression: text)
        } catch {
            let shown = text.count > 60 ? "\(text.prefix(60))…" : text
            throw mistake(
                "no regular expression that can be used: \(shown) (\(error.words))", argument,
                "write a POSIX extended one, without back references")
        }
        return Script.Expectation(pattern: pattern, place: place)
    }

    private func typed(_ text: String, _ step: YAML) throws -> [Key.Chord] {
        let name = try step["layout"].map { try self.text($0) } ?? "us"
        guard let layout = KeyLayout(rawValue: name) else {
            throw mistake(
                "no keyboard layout \(name)", step, "known: \(KeyLayout.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return try text.unicodeScalars.map { scalar in
            guard let chord = layout.chord(typing: scalar) else {
                throw mistake("no key of the layout \(name) types \"\(scalar)\"", step, "use keys, or another layout")
            }
            return chord
        }
    }

    private func chords(_ value: YAML) throws -> [Key.Chord] {
        try (value.list ?? [value]).map { item in
            guard let name = item.text, let chord = Key.chord(named: name) else {
                throw mistake("no key \(item.text ?? "")", item, "names are QEMU's, as in ret, esc, f1, ctrl-alt-delete")
            }
            return chord
        }
    }

    // MARK: Values

    func text(_ value: YAML) throws -> String {
        guard let text = value.text else { throw mistake("a text is expected here", value, "put it in quotes") }
        return text
    }

    func count(_ value: YAML) throws -> UInt64 {
        guard let count = value.text.flatMap({ Count(argument: $0) }) else {
            throw mistake("no count of instructions: \(value.text ?? "")", value, "write a number, as in 500M")
        }
        return count.value
    }

    func flag(_ value: YAML?) throws -> Bool {
        guard let value else { return false }
        guard let text = value.text, ["true", "false"].contains(text) else {
            throw mistake("neither true nor false", value, "write true or false")
        }
        return text == "true"
    }

    /// "12" or "3-5".
    private func range(_ value: YAML?) throws -> ClosedRange<Int>? {
        guard let value else { return nil }
        let parts = (value.text ?? "").split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        if parts.count == 1, let row = parts[0], row > 0 { return row...row }
        if parts.count == 2, let first = parts[0], let last = parts[1], first > 0, first <= last { return first...last }
        throw mistake("no row or range: \(value.text ?? "")", value, "count from 1, as in 12 or 3-5")
    }

    func mistake(_ what: String, _ value: YAML, _ remedy: String) -> UserError {
        UserError(.scriptFile, line: "\(file):\(value.line): \(what); \(remedy)")
    }
}
