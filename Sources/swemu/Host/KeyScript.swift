import Chips

/// A line of `--keys`: JSON, either a text to type or a list of chords.
///
///     "ls -l\n"                    typed character by character
///     ["ret"]                      one key
///     ["down", "down", "ret"]      one after the other
///     ["ctrl-alt-delete"]          together
///     [["ctrl", "alt", "delete"]]  the same
///
/// Names are QEMU's (`ret`, `spc`, `f1`, `shift`, `a` …).
enum KeyScript {
    /// Keys that go down together, in order; they come up in reverse.
    typealias Chord = [String]

    /// The chords a line means, or nil when it is not of this form.
    static func chords(ofLine line: String) -> [Chord]? {
        var parser = Parser(line)
        guard let value = parser.document() else { return nil }
        switch value {
        case .text(let text): return chords(typing: text)
        case .list(let items):
            return items.reduce(into: [Chord]?([])) { chords, item in
                switch item {
                case .text(let name): chords?.append(split(name))
                case .list(let names):
                    let texts = names.compactMap { if case .text(let name) = $0 { name } else { nil } }
                    if texts.count == names.count { chords?.append(texts) } else { chords = nil }
                }
            }
        }
    }

    /// "ctrl-alt-delete" as three names; "-" alone is itself.
    private static func split(_ name: String) -> Chord {
        name == "-" ? ["minus"] : name.split(separator: "-").map(String.init)
    }

    /// The chords that type `text` on a US keyboard; characters that it does not have are left out.
    static func chords(typing text: String) -> [Chord] {
        text.unicodeScalars.compactMap { chord(typing: $0) }
    }

    static func chord(typing scalar: Unicode.Scalar) -> Chord? {
        let character = Character(scalar)
        if let name = plain[character] { return [name] }
        if let base = shifted[character] { return ["shift", plain[base] ?? String(base)] }
        guard scalar.isASCII else { return nil }
        if ("a"..."z").contains(character) || ("0"..."9").contains(character) { return [String(character)] }
        if ("A"..."Z").contains(character) { return ["shift", character.lowercased()] }
        if scalar.value > 0, scalar.value < 27 { return ["ctrl", String(Character(Unicode.Scalar(UInt8(scalar.value) + 0x60)))] }
        return nil
    }

    /// The key of that name. "slash" and "shift-/" work alike: a character stands for its key, too.
    static func key(named name: String) -> Key? {
        if let key = Key(name: name) { return key }
        guard name.count == 1, let character = name.first, let plainName = plain[character] else { return nil }
        return Key(name: plainName)
    }

    private static let plain: [Character: String] = [
        " ": "spc", "\n": "ret", "\r": "ret", "\t": "tab", "-": "minus", "=": "equal", "/": "slash", ".": "dot", ",": "comma",
        ";": "semicolon", "'": "apostrophe", "\\": "backslash", "[": "bracket_left", "]": "bracket_right", "`": "grave_accent",
        "\u{1B}": "esc", "\u{8}": "backspace", "\u{7F}": "backspace",
    ]
    private static let shifted: [Character: Character] = Dictionary(
        uniqueKeysWithValues: zip("~!@#$%^&*()_+{}|:\"<>?", "`1234567890-=[]\\;',./"))
}

extension KeyScript {
    /// As much of JSON (RFC 8259) as a line of keys can hold: strings and lists of them.
    private struct Parser {
        indirect enum Value {
            case text(String)
            case list([Value])
        }

        private var rest: Substring.UnicodeScalarView

        init(_ text: String) { rest = Substring(text).unicodeScalars }

        mutating func document() -> Value? {
            guard let value = value(depth: 0) else { return nil }
            skipSpace()
            return rest.isEmpty ? value : nil
        }

        private mutating func value(depth: Int) -> Value? {
            skipSpace()
            switch rest.popFirst() {
            case "\"": return string().map { .text($0) }
            case "[" where depth < 2: return list(depth: depth + 1)
            default: return nil
            }
        }

        private mutating func list(depth: Int) -> Value? {
            var items: [Value] = []
            skipSpace()
            if rest.first == "]" {
                rest.removeFirst()
                return .list([])
            }
            while let item = value(depth: depth) {
                items.append(item)
                skipSpace()
                switch rest.popFirst() {
                case ",": continue
                case "]": return .list(items)
                default: return nil
                }
            }
            return nil
        }

        private mutating func string() -> String? {
            var text = String.UnicodeScalarView()
            while let scalar = rest.popFirst() {
                if scalar == "\"" { return String(text) }
                guard scalar == "\\" else {
                    text.append(scalar)
                    continue
                }
                guard let escaped = escape() else { return nil }
                text.append(escaped)
            }
            return nil
        }

        private mutating func escape() -> Unicode.Scalar? {
            switch rest.popFirst() {
            case "n": "\n"
            case "r": "\r"
            case "t": "\t"
            case "b": "\u{8}"
            case "f": "\u{C}"
            case "\"": "\""
            case "\\": "\\"
            case "/": "/"
            case "u": hexadecimal()
            default: nil
            }
        }

        private mutating func hexadecimal() -> Unicode.Scalar? {
            guard rest.count >= 4 else { return nil }
            let digits = String(rest.prefix(4))
            rest = rest.dropFirst(4)
            return UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
        }

        private mutating func skipSpace() {
            while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
        }
    }
}
