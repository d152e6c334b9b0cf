import Inspection

/// From text to `Expression`.
struct ExpressionParser {
    private enum Token: Equatable {
        case number(UInt64)
        case real(Double)
        case name(String)
        case sign(String)
    }

    private let text: String
    private var tokens: [Token] = []
    private var position = 0
    private var depth = 0
    /// Between `?` and `:`, where a colon ends a value.
    private var isChoosing = false

    init(_ text: String) { self.text = text }

    /// Deep enough for people, shallow enough for the stack.
    private static let deepest = 64
    private static let precedence: [[String]] = [
        ["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", "<=", ">", ">="], ["<<", ">>"], ["+", "-"], ["*", "/", "%"],
    ]

    mutating func whole() throws(DebuggerError) -> Expression {
        tokens = try Self.tokens(of: text)
        guard !tokens.isEmpty else { throw DebuggerError("an expression is missing: a number, a register, a symbol, [address]") }
        let expression = try choice()
        guard position == tokens.count else { throw DebuggerError("\"\(text)\": \(words(tokens[position])) is not expected there") }
        return expression
    }

    /// `a ? b : c`.
    private mutating func choice() throws(DebuggerError) -> Expression {
        let condition = try level(0)
        guard next == .sign("?") else { return condition }
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.deepest else { throw DebuggerError("\"\(text)\" is nested too deeply") }
        position += 1
        let outer = isChoosing
        isChoosing = true
        let first = try choice()
        isChoosing = outer
        guard next == .sign(":") else { throw DebuggerError("\"\(text)\": : is missing behind ?") }
        position += 1
        return .choice(condition, first, try choice())
    }

    /// Reads what stands between parentheses or brackets, where a colon means a segment again.
    private mutating func enclosed() throws(DebuggerError) -> Expression {
        let outer = isChoosing
        isChoosing = false
        defer { isChoosing = outer }
        return try choice()
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
        guard next == .sign(":"), !isChoosing else { return first }
        position += 1
        return .far(first, try level(8))
    }

    private mutating func prefixed() throws(DebuggerError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.deepest else { throw DebuggerError("\"\(text)\" is nested too deeply") }
        if let type = castType() { return .cast(type, try prefixed()) }
        if next == .name("sizeof") { return try size() }
        guard case .sign(let sign)? = next, ["-", "~", "!", "*", "+", "&"].contains(sign) else { return try suffixed() }
        position += 1
        let operand = try prefixed()
        switch sign {
        case "*": return .dereference(operand)
        case "&": return .address(operand)
        case "+": return operand
        default: return .unary(sign, operand)
        }
    }

    /// A value with elements and members behind it.
    private mutating func suffixed() throws(DebuggerError) -> Expression {
        var expression = try primary()
        while true {
            if next == .sign("["), Self.isVariable(expression) {
                position += 1
                let index = try enclosed()
                guard next == .sign("]") else { throw DebuggerError("\"\(text)\": ] is missing") }
                position += 1
                expression = .element(expression, index)
            } else if case .name(let name)? = next, name.hasPrefix("."), name.count > 1, Self.isVariable(expression) {
                position += 1
                expression = Self.members(of: expression, name)
            } else if next == .sign("->") {
                position += 1
                guard case .name(let name)? = next else { throw DebuggerError("\"\(text)\": a member's name is missing behind ->") }
                position += 1
                expression = Self.members(of: expression, name)
            } else {
                return expression
            }
        }
    }

    private static func members(of expression: Expression, _ names: String) -> Expression {
        names.split(separator: ".").reduce(expression) { .member($0, String($1)) }
    }

    /// Tells whether an expression can have elements and members; a bracket behind anything else is a mistake.
    private static func isVariable(_ expression: Expression) -> Bool {
        switch expression {
        case .number, .real, .unary, .far, .memory, .binary: false
        default: true
        }
    }

    /// The type in parentheses that a cast begins with; nil, and nothing is read, where there is none.
    private mutating func castType() -> String? {
        let start = position
        if next == .sign("("), let (type, stars) = typeInParentheses() {
            let isKnown = stars || TypeDeclaration.keywords.contains(type.split(separator: " ").first.map(String.init) ?? "")
            switch next {
            case .name, .number, .real, .sign("("): return type
            case .sign("-"), .sign("*"), .sign("&"), .sign("~"): if isKnown { return type }
            default: break
            }
        }
        position = start
        return nil
    }

    /// `(name… *…)`, and whether there are stars.
    private mutating func typeInParentheses() -> (type: String, stars: Bool)? {
        position += 1
        var words: [String] = []
        while case .name(let word)? = next {
            words.append(word)
            position += 1
        }
        var stars = ""
        while next == .sign("*") {
            stars += "*"
            position += 1
        }
        guard !words.isEmpty, next == .sign(")") else { return nil }
        position += 1
        return (words.joined(separator: " ") + (stars.isEmpty ? "" : " " + stars), !stars.isEmpty)
    }

    /// `sizeof value`, `sizeof(type)`.
    private mutating func size() throws(DebuggerError) -> Expression {
        position += 1
        let start = position
        if next == .sign("("), let (type, stars) = typeInParentheses() {
            let words = type.split(separator: " ")
            if stars || words.count > 1 || TypeDeclaration.keywords.contains(type) { return .size(type) }
        }
        position = start
        return .sizeOf(try prefixed())
    }

    private mutating func primary() throws(DebuggerError) -> Expression {
        guard let token = next else { throw DebuggerError("\"\(text)\" ends where a value is expected") }
        position += 1
        switch token {
        case .number(let value): return .number(value)
        case .real(let value): return .real(value)
        case .name(let name): return try memory(name) ?? .name(name)
        case .sign("("), .sign("["):
            let inner = try enclosed()
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
        let address = try enclosed()
        guard next == .sign("]") else { throw DebuggerError("\"\(text)\": ] is missing") }
        position += 1
        return .memory(address, size: size ?? 0, isPhysical: isPhysical)
    }

    private var next: Token? { position < tokens.count ? tokens[position] : nil }

    private func words(_ token: Token) -> String {
        switch token {
        case .number(let value): String(value)
        case .real(let value): String(value)
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
            } else if isNamed(character), character != "?" || startsName(tokens) {
                var end = index
                let isNumber = character.isNumber
                while end < characters.count {
                    // A name of Microsoft's begins with a question mark; elsewhere it is C's operator.
                    if characters[end] == "?", end > index || !startsName(tokens) { break }
                    // The sign of an exponent: 1.5e-3.
                    let isExponent =
                        isNumber && "+-".contains(characters[end]) && characters[end - 1].lowercased() == "e"
                        && characters[index..<end].contains(".")
                    if isExponent || isNamed(characters[end]) || characters[end].isNumber {
                        end += 1
                    } else if end + 2 < characters.count, characters[end] == ":", characters[end + 1] == ":",
                        isNamed(characters[end + 2])
                    {
                        end += 3
                    } else {
                        break
                    }
                }
                tokens.append(try word(String(characters[index..<end])))
                index = end
            } else {
                let pair = String(characters[index..<min(index + 2, characters.count)])
                let sign = ["||", "&&", "==", "!=", "<=", ">=", "<<", ">>", "->"].contains(pair) ? pair : String(character)
                guard sign.count == 2 || "+-*/%&|^~!<>()[]:?".contains(character) else {
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

    /// Tells whether a value may begin behind these.
    private static func startsName(_ tokens: [Token]) -> Bool {
        if case .sign(let sign)? = tokens.last { sign != ")" && sign != "]" } else { tokens.isEmpty }
    }

    private static func word(_ text: String) throws(DebuggerError) -> Token {
        guard text.first?.isNumber == true else { return .name(text) }
        if text.contains("."), !text.lowercased().hasPrefix("0x"),
            let value = Double("fF".contains(text.last ?? " ") ? String(text.dropLast()) : text)
        {
            return .real(value)
        }
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
