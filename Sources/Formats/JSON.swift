/// A JSON value to be written (RFC 8259). Members keep their order.
package indirect enum JSON: Sendable {
    case text(String)
    case number(UInt64)
    case decimal(String)
    case boolean(Bool)
    case list([JSON])
    case object([(String, JSON)])
    case null

    /// On several lines, two spaces for each level, with a line feed at the end.
    package var file: String { text(indent: "") + "\n" }

    /// On one line, without a line feed: a line of a JSON-lines file.
    package var line: String {
        switch self {
        case .list(let items): "[" + items.map(\.line).joined(separator: ",") + "]"
        case .object(let members): "{" + members.map { "\(Self.quoted($0.0)):\($0.1.line)" }.joined(separator: ",") + "}"
        default: text(indent: "")
        }
    }

    private func text(indent: String) -> String {
        let inner = indent + "  "
        switch self {
        case .text(let text): return Self.quoted(text)
        case .number(let number): return String(number)
        case .decimal(let text): return text
        case .boolean(let value): return value ? "true" : "false"
        case .null: return "null"
        case .list(let items):
            guard !items.isEmpty else { return "[]" }
            return "[\n" + items.map { inner + $0.text(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            guard !members.isEmpty else { return "{}" }
            let lines = members.map { "\(inner)\(Self.quoted($0.0)): \($0.1.text(indent: inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    package static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
