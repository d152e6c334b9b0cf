import Screen
import Wiring

/// A line of `--keys`: JSON, either a text to type or a list of chords.
///
///     "ls -l\n"                    typed character by character
///     ["ret"]                      one key
///     ["down", "down", "ret"]      one after the other
///     ["ctrl-alt-delete"]          together
///     [["ctrl", "alt", "delete"]]  the same
///
/// Names are those of `Key`, which are QEMU's.
enum KeyScript {
    /// The chords a line means, or nil when it is not of this form or names a key that does not exist. Characters that a US
    /// keyboard does not have are left out.
    static func chords(ofLine line: String) -> [Key.Chord]? {
        var parser = Parser(line)
        switch parser.document() {
        case .text(let text): return text.unicodeScalars.compactMap { Key.chord(typing: $0) }
        case .list(let items):
            let chords = items.map { chord($0) }
            return chords.contains(nil) ? nil : chords.compactMap { $0 }
        case nil: return nil
        }
    }

    private static func chord(_ item: Parser.Value) -> Key.Chord? {
        switch item {
        case .text(let names): return Key.chord(named: names)
        case .list(let items):
            let keys = items.map { item in
                if case .text(let name) = item { Key.chord(named: name) } else { nil as Key.Chord? }
            }
            return keys.contains(nil) ? nil : keys.flatMap { $0 ?? [] }
        }
    }
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
