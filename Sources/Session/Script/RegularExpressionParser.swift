/// Reads a regular expression into a tree. regex(7), "extended".
struct RegularExpressionParser {
    private typealias Bytes = RegularExpression.Bytes
    private typealias Mistake = RegularExpression.Mistake

    private let text: [UInt8]
    private var position = 0
    private var depth = 0
    private static let deepest = 250
    private static let mostInARow = 8
    /// RE_DUP_MAX of glibc.
    private static let mostRepetitions = 32_767

    init(_ text: String) { self.text = Array(text.utf8) }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func whole() throws(RegularExpression.Mistake) -> RegularExpressionNode {
        let node = try choice()
        guard next == nil else { throw Mistake(words: "a ) has no (") }
        return node
    }

    private mutating func choice() throws(RegularExpression.Mistake) -> RegularExpressionNode {
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    private mutating func sequence() throws(RegularExpression.Mistake) -> RegularExpressionNode {
        var nodes: [RegularExpressionNode] = []
        while let next, next != UInt8(ascii: "|"), next != UInt8(ascii: ")") {
            nodes.append(try repetitions(of: try atom()))
        }
        return nodes.isEmpty ? .empty : nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func repetitions(of atom: RegularExpressionNode) throws(RegularExpression.Mistake) -> RegularExpressionNode {
        var node = atom
        var count = 0
        while true {
            let (least, most): (Int, Int?)
            if take("*") {
                (least, most) = (0, nil)
            } else if take("+") {
                (least, most) = (1, nil)
            } else if take("?") {
                (least, most) = (0, 1)
            } else if take("{") {
                (least, most) = try bounds()
            } else {
                return node
            }
            count += 1
            guard count <= Self.mostInARow else { throw Mistake(words: "more than \(Self.mostInARow) repetitions of one thing") }
            node = node.isHollow ? (least == 0 ? .empty : node) : .repetition(node, least: least, most: most)
        }
    }

    /// `{2}`, `{2,}`, `{,5}` or `{2,5}`, behind its brace.
    private mutating func bounds() throws(RegularExpression.Mistake) -> (Int, Int?) {
        func mistake() -> RegularExpression.Mistake {
            Mistake(words: "write a repetition as {2}, {2,} or {2,5}, up to \(Self.mostRepetitions), and a brace itself as \\{")
        }
        let least = number()
        var most = least
        if take(",") { most = number() } else if least == nil { throw mistake() }
        guard take("}"), (least ?? 0) <= Self.mostRepetitions, (most ?? 0) <= Self.mostRepetitions, (most ?? .max) >= (least ?? 0)
        else { throw mistake() }
        return (least ?? 0, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let next, (0x30...0x39).contains(next) {
            value = min((value ?? 0) * 10 + Int(next - 0x30), 1_000_000)
            position += 1
        }
        return value
    }

    private mutating func atom() throws(RegularExpression.Mistake) -> RegularExpressionNode {
        guard let byte = next else { return .empty }
        position += 1
        switch Unicode.Scalar(byte) {
        case "(":
            depth += 1
            guard depth <= Self.deepest else { throw Mistake(words: "more than \(Self.deepest) parentheses in each other") }
            let node = try choice()
            guard take(")") else { throw Mistake(words: "a ( has no )") }
            depth -= 1
            return node
        case "[": return .bytes(try list())
        case ".": return .bytes(.line)
        case "^": return .assertion(.lineStart)
        case "$": return .assertion(.lineEnd)
        case "*", "+", "?", "{": throw Mistake(words: "there is nothing to repeat before \(Unicode.Scalar(byte))")
        case "\\": return try escape()
        default:
            // A character of several bytes is one thing to repeat.
            var bytes = [byte]
            if byte >= 0xC0 {
                while let next, next & 0xC0 == 0x80 {
                    bytes.append(next)
                    position += 1
                }
            }
            let nodes = bytes.map { RegularExpressionNode.bytes(Bytes([$0])) }
            return nodes.count == 1 ? nodes[0] : .sequence(nodes)
        }
    }

    private mutating func escape() throws(RegularExpression.Mistake) -> RegularExpressionNode {
        guard let byte = next else { throw Mistake(words: "it ends with a backslash") }
        position += 1
        func inverse(_ bytes: Bytes) -> RegularExpressionNode {
            var bytes = bytes
            bytes.invert()
            return .bytes(bytes)
        }
        switch Unicode.Scalar(byte) {
        case "w": return .bytes(.word)
        case "W": return inverse(.word)
        case "s": return .bytes(.space)
        case "S": return inverse(.space)
        case "b": return .assertion(.wordEdge)
        case "B": return .assertion(.noWordEdge)
        case "<": return .assertion(.wordStart)
        case ">": return .assertion(.wordEnd)
        case "1"..."9": throw Mistake(words: "it has a back reference")
        default: return .bytes(Bytes([byte]))
        }
    }

    // MARK: Lists

    private static let classes: [String: ClosedRange<UInt8>] = [
        "digit": 0x30...0x39, "upper": 0x41...0x5A, "lower": 0x61...0x7A, "cntrl": 0...0x1F, "print": 0x20...0x7E,
        "graph": 0x21...0x7E,
    ]

    /// The bytes of `[a-z]`, `[^[:space:]]` and so on, behind the bracket.
    private mutating func list() throws(RegularExpression.Mistake) -> RegularExpression.Bytes {
        var bytes = Bytes()
        let isInverse = take("^")
        var isFirst = true
        while isFirst || next != UInt8(ascii: "]") {
            isFirst = false
            guard let first = try element(&bytes) else { continue }
            guard next == UInt8(ascii: "-"), position + 1 < text.count, text[position + 1] != UInt8(ascii: "]") else {
                bytes.insert(first)
                continue
            }
            position += 1
            guard let last = try element(&bytes), last >= first else { throw Mistake(words: "a range in [] goes backwards") }
            for byte in first...last { bytes.insert(byte) }
        }
        position += 1
        if isInverse {
            bytes.invert()
            bytes.remove(0x0A)
        }
        return bytes
    }

    /// A byte that may begin or end a range; nil where a whole class was added to `bytes`.
    private mutating func element(_ bytes: inout RegularExpression.Bytes) throws(RegularExpression.Mistake) -> UInt8? {
        guard let byte = next else { throw Mistake(words: "a [ has no ]") }
        position += 1
        guard byte == UInt8(ascii: "["), let kind = next, [UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "=")].contains(kind)
        else {
            return byte
        }
        position += 1
        let start = position
        while position + 1 < text.count, text[position] != kind || text[position + 1] != UInt8(ascii: "]") { position += 1 }
        guard position + 1 < text.count else { throw Mistake(words: "a [: has no :]") }
        let name = String(decoding: text[start..<position], as: UTF8.self)
        position += 2
        guard kind == UInt8(ascii: ":") else {
            guard name.utf8.count == 1 else { throw Mistake(words: "\(name) is no single character") }
            return name.utf8.first
        }
        switch name {
        case "alpha", "alnum", "xdigit", "punct", "space", "blank":
            for byte: UInt8 in 0...0x7F where Self.isIn(name, byte) { bytes.insert(byte) }
        default:
            guard let range = Self.classes[name] else { throw Mistake(words: "there is no class [:\(name):]") }
            for byte in range { bytes.insert(byte) }
            if name == "cntrl" { bytes.insert(0x7F) }
        }
        return nil
    }

    private static func isIn(_ name: String, _ byte: UInt8) -> Bool {
        let isDigit = (0x30...0x39).contains(byte)
        let isLetter = (0x41...0x5A).contains(byte & ~0x20)
        switch name {
        case "alpha": return isLetter
        case "alnum": return isLetter || isDigit
        case "xdigit": return isDigit || (0x41...0x46).contains(byte & ~0x20)
        case "punct": return (0x21...0x7E).contains(byte) && !isLetter && !isDigit
        case "blank": return byte == 0x20 || byte == 0x09
        default: return byte == 0x20 || (0x09...0x0D).contains(byte)
        }
    }
}
