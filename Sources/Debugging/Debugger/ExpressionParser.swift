/// From text to `Expression`.
struct ExpressionParser {
    private enum Token: Equatable {
        case number(UInt64)
        case name(String)
        case sign(String)
    }

    private let text: String
    private var tokens: [Token] = []
    private var position = 0
    private var depth = 0

    init(_ text: String) { self.text = text }

    /// Deep enough for people, shallow enough for the stack.
    private static let deepest = 64
    private static let precedence: [[String]] = [
        ["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", "<=", ">", ">="], ["<<", ">>"], ["+", "-"], ["*", "/", "%"],
    ]

    mutating func whole() throws(DebuggerError) -> Expression {
        tokens = try Self.tokens(of: text)
        guard !tokens.isEmpty else { throw DebuggerError("an expression is missing: a number, a register, a symbol, [address]") }
        let expression = try level(0)
        guard position == tokens.count else { throw DebuggerError("\"\(text)\": \(words(tokens[position])) is not expected there") }
        return expression
    }

    private mutating func level(_ level: Int) throws(DebuggerError) -> Expression {
        guard level < Self.precedence.count else { return try far() }
        var left = try self.level(level + 1)
        while case .sign(let sign)? = next, Self.precedence[level].contains(sign) {
            position += 1
            left = .binary(sign, left, try self.level(level + 1))
        }
        return left
    }

    /// `segment:offset` binds stronger than arithmetic on its left, weaker on its right: `ds:si+4` is `ds:(si+4)`.
    private mutating func far() throws(DebuggerError) -> Expression {
        let first = try prefixed()
        guard next == .sign(":") else { return first }
        position += 1
        return .far(first, try level(8))
    }

    private mutating func prefixed() throws(DebuggerError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.deepest else { throw DebuggerError("\"\(text)\" is nested too deeply") }
        guard case .sign(let sign)? = next, ["-", "~", "!", "*", "+"].contains(sign) else { return try primary() }
        position += 1
        let operand = try prefixed()
        return sign == "*" ? .memory(operand, size: 4, isPhysical: false) : sign == "+" ? operand : .unary(sign, operand)
    }

    private mutating func primary() throws(DebuggerError) -> Expression {
        guard let token = next else { throw DebuggerError("\"\(text)\" ends where a value is expected") }
        position += 1
        switch token {
        case .number(let value): return .number(value)
        case .name(let name): return try memory(name) ?? .name(name)
        case .sign("("), .sign("["):
            let inner = try level(0)
            let close = token == .sign("(") ? ")" : "]"
            guard next == .sign(close) else { throw DebuggerError("\"\(text)\": \(close) is missing") }
            position += 1
            return token == .sign("(") ? inner : .memory(inner, size: 0, isPhysical: false)
        case .sign: throw DebuggerError("\"\(text)\": \(words(token)) is not expected there")
        }
    }

    /// `byte[…]`, `word ptr […]`, `qword[…]`, `physical byte[…]`.
    private mutating func memory(_ first: String) throws(DebuggerError) -> Expression? {
        let sizes = ["byte": 1, "word": 2, "dword": 4, "qword": 8]
        let start = position
        var isPhysical = false
        var size: Int?
        var word: String? = first
        while let name = word?.lowercased() {
            if name == "physical" || name == "phys" {
                isPhysical = true
            } else if let known = sizes[name] {
                size = known
            } else if name != "ptr" || size == nil {
                break
            }
            if case .name(let following)? = next {
                position += 1
                word = following
            } else {
                word = nil
            }
        }
        guard isPhysical || size != nil, word == nil, next == .sign("[") else {
            position = start
            return nil
        }
        position += 1
        let address = try level(0)
        guard next == .sign("]") else { throw DebuggerError("\"\(text)\": ] is missing") }
        position += 1
        return .memory(address, size: size ?? 0, isPhysical: isPhysical)
    }

    private var next: Token? { position < tokens.count ? tokens[position] : nil }

    private func words(_ token: Token) -> String {
        switch token {
        case .number(let value): String(value)
        case .name(let name): name
        case .sign(let sign): sign
        }
    }

    // MARK: Tokens

    private static func tokens(of text: String) throws(DebuggerError) -> [Token] {
        var tokens: [Token] = []
        let characters = Array(text)
        var index = 0
        while index < characters.count {
            let character = characters[index]
            if character.isWhitespace {
                index += 1
            } else if isNamed(character) {
                var end = index
                while end < characters.count, isNamed(characters[end]) || characters[end].isNumber { end += 1 }
                tokens.append(try word(String(characters[index..<end])))
                index = end
            } else {
                let pair = String(characters[index..<min(index + 2, characters.count)])
                let sign = ["||", "&&", "==", "!=", "<=", ">=", "<<", ">>"].contains(pair) ? pair : String(character)
                guard sign.count == 2 || "+-*/%&|^~!<>()[]:".contains(character) else {
                    throw DebuggerError("\"\(text)\": \(character) means nothing here")
                }
                tokens.append(.sign(sign))
                index += sign.count
            }
        }
        return tokens
    }

    private static func isNamed(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_$.@?".contains(character)
    }

    private static func word(_ text: String) throws(DebuggerError) -> Token {
        guard text.first?.isNumber == true else { return .name(text) }
        guard let value = number(text) else {
            throw DebuggerError("\(text) is no number; write 31744, 0x7c00, 7c00h or 0b101")
        }
        return .number(value)
    }

    /// Nil for what is none, or has more than 64 bits.
    static func number(_ text: String) -> UInt64? {
        let plain = text.lowercased().filter { $0 != "_" }
        if plain.hasPrefix("0x") { return UInt64(plain.dropFirst(2), radix: 16) }
        if plain.hasSuffix("h") { return UInt64(plain.dropLast(), radix: 16) }
        if plain.hasPrefix("0b"), let value = UInt64(plain.dropFirst(2), radix: 2) { return value }
        return UInt64(plain)
    }
}
