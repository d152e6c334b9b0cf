/// A reader of JSON texts (RFC 8259) from a client: strict, and bounded in depth. Throws a sentence for what is wrong.
package struct JSONReader {
    /// A mistake in a text, and its byte.
    package struct Mistake: Error, CustomStringConvertible {
        let what: String
        let offset: Int
        package var description: String { "not JSON: \(what) at byte \(offset)" }
    }

    /// Lists and objects in each other; deeper ones are refused.
    private static let deepest = 64

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The value that the whole text is.
    package static func read(_ bytes: [UInt8]) throws(Mistake) -> JSON {
        var reader = JSONReader(bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.mistake("something follows the value") }
        return value
    }

    private func mistake(_ what: String) -> Mistake { Mistake(what: what, offset: position) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(Mistake) -> JSON {
        guard depth < Self.deepest else { throw mistake("more than \(Self.deepest) lists and objects in each other") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try list(depth)
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw mistake("the text ends where a value belongs")
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: JSON) throws(Mistake) -> JSON {
        guard bytes[position...].starts(with: word.utf8) else { throw mistake("no value begins like this") }
        position += word.utf8.count
        return value
    }

    private mutating func object(_ depth: Int) throws(Mistake) -> JSON {
        position += 1
        var members: [(String, JSON)] = []
        skipSpace()
        if take("}") { return .object(members) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw mistake("a member begins with its name") }
            let name = try text()
            skipSpace()
            guard take(":") else { throw mistake("a colon follows a member's name") }
            members.append((name, try value(depth: depth + 1)))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw mistake("a comma or a brace follows a member") }
        }
    }

    private mutating func list(_ depth: Int) throws(Mistake) -> JSON {
        position += 1
        var items: [JSON] = []
        skipSpace()
        if take("]") { return .list(items) }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .list(items) }
            guard take(",") else { throw mistake("a comma or a bracket follows an item") }
        }
    }

    /// Numbers that are no whole ones from 0 on stay as they are written.
    private mutating func number() throws(Mistake) -> JSON {
        let start = position
        _ = take("-")
        guard digits() > 0 else { throw mistake("no value begins like this") }
        if take(".") { guard digits() > 0 else { throw mistake("digits follow a decimal point") } }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { throw mistake("digits follow an exponent's E") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        return UInt64(text).map(JSON.number) ?? .decimal(text)
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func text() throws(Mistake) -> String {
        position += 1
        var units: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
            case UInt8(ascii: "\\"): try units.append(contentsOf: String(escape()).utf8)
            case 0..<0x20: throw mistake("a control character stands in a string")
            default: units.append(byte)
            }
        }
        throw mistake("a string does not end")
    }

    private mutating func escape() throws(Mistake) -> Unicode.Scalar {
        guard let byte = next else { throw mistake("a string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"): return try codePoint()
        default: throw mistake("no escape is written like this")
        }
    }

    /// A \u escape, or two of them that are a surrogate pair. Half a pair is U+FFFD.
    private mutating func codePoint() throws(Mistake) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, bytes[position...].starts(with: "\\u".utf8) else { return "\u{FFFD}" }
        position += 2
        let second = try fourDigits()
        guard (0xDC00..<0xE000).contains(second) else { return Unicode.Scalar(second) ?? "\u{FFFD}" }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func fourDigits() throws(Mistake) -> UInt32 {
        let digits = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
        guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else {
            throw mistake("four hexadecimal digits follow \\u")
        }
        position += 4
        return value
    }
}

/// Looking into a value that a client sent: nil where it is of another kind.
extension JSON {
    package subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.0 == name }?.1
    }

    package var text: String? { if case .text(let text) = self { text } else { nil } }
    package var flag: Bool? { if case .boolean(let value) = self { value } else { nil } }
    package var items: [JSON]? { if case .list(let items) = self { items } else { nil } }

    /// A whole number, of either sign.
    package var integer: Int? {
        switch self {
        case .number(let number): Int(exactly: number)
        case .decimal(let text): Int(text)
        default: nil
        }
    }
}
