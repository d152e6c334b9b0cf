import Executables

/// A value as an editor shows it: a line, and parts that can be opened.
extension SourceValue {
    /// Parts that are listed at most.
    private static let mostParts: UInt64 = 1000

    /// The processor whose registers and memory it is about.
    public var processor: Int { frame.view.cpu.number }

    /// As `print` shows it.
    public var words: String { ValueText().text(self) }

    /// It has parts: a structure, an array that is no text, a pointer to a value that is no text.
    public var hasParts: Bool {
        if case .lost = place { return false }
        switch type.shape {
        case .structure: return true
        case .array(let element, let count): return count ?? 0 > 0 && !element.isCharacter
        case .pointer(let target, _):
            switch target.shape {
            case .void, .function: return false
            default: return !target.isCharacter && (try? number()) ?? 0 != 0
            }
        default: return false
        }
    }

    /// Its parts, each with the expression that stands for it where `name` stands for this.
    public func parts(of name: String) -> [(name: String, expression: String, value: SourceValue)] {
        switch type.shape {
        case .structure:
            let members = type.members + (type.variants?.cases.map(\.member) ?? [])
            return members.prefix(Int(Self.mostParts)).map {
                ($0.name.isEmpty ? "(anonymous)" : $0.name, $0.name.isEmpty || $0.isBase ? name : "\(name).\($0.name)", part($0))
            }
        case .array(_, let count):
            return (0..<min(count ?? 0, Self.mostParts)).compactMap { index in
                (try? element(index)).map { ("[\(index)]", "\(name)[\(index)]", $0) }
            }
        case .pointer:
            guard let target = try? target() else { return [] }
            if case .structure = target.type.shape { return target.parts(of: "(*\(name))") }
            return [("*\(name)", "*\(name)", target)]
        default: return []
        }
    }
}

extension SourceType {
    /// A row of them is a text.
    var isCharacter: Bool {
        guard case .number(let format) = shape, format.size == 1 else { return false }
        // The u8 of Rust is a number.
        return format.kind == .character || format.kind == .unsignedCharacter
    }
}

extension SourceFrame {
    /// Parameters, then locals, with their values.
    public var variables: [(name: String, value: SourceValue)] {
        guard let function else { return [] }
        return (function.parameters + function.locals).map { ($0.name, value(of: $0)) }
    }
}

extension Debugger {
    /// The value of an expression, or as many in a row as are said behind `@`: "numbers[2]@5".
    public func quantity(_ text: String) throws(DebuggerError) -> Quantity {
        let context = context
        guard let at = text.lastIndex(of: "@"), sources?.debug != nil,
            case .typed(let first)? = try? Expression(String(text[..<at])).quantity(in: context),
            case let count = try Expression(String(text[text.index(after: at)...])).value(in: context)
        else { return try Expression(text).quantity(in: context) }
        guard case .memory = first.place, (1...1 << 16).contains(count) else {
            throw DebuggerError("\(text): up to 65536 values in memory, please")
        }
        return .typed(SourceValue(type: .array(of: first.type, count: count), place: first.place, frame: first.frame))
    }

    /// The linear addresses at which a breakpoint on `text` stands, which `address` finds: on a function's name behind its prologue, where its
    /// variables need that.
    ///
    /// The others are where its body stands in the code of those that call it; a function may have no code but those.
    public func places(
        ofBreakpoint text: String, at address: () throws(DebuggerError) -> UInt64
    ) throws(DebuggerError) -> (first: UInt64, others: [UInt64]) {
        guard case .name(let name)? = try? Expression(text) else { return (try address(), []) }
        let inlined = sources?.debug?.addresses(ofInlined: name) ?? []
        do throws(DebuggerError) {
            let found = try address()
            let first = sources?.placeOfBreakpoint(onFunctionAt: found) ?? found
            return (first, inlined.filter { $0 != first })
        } catch {
            guard let first = inlined.first else { throw error }
            return (first, Array(inlined.dropFirst()))
        }
    }

    /// Tells where a variable lies and how many bytes it has; of an address the number, and the size that its symbol says, or 1.
    public func watched(_ text: String) throws(DebuggerError) -> (address: UInt64, size: UInt64) {
        switch try Expression(text).quantity(in: context) {
        case .typed(let value):
            if let address = value.address { return (address, value.type.size) }
            if case .pointer = value.type.shape, case .value = value.place { return (try value.number(), 1) }
            throw DebuggerError("\(text) is not in memory here, so it cannot be watched; `info frame` shows where control is")
        case .real: throw DebuggerError("\(text) is a number with a point, and no place")
        case .number(let value, _):
            let isRegister = RegisterAccess.value(text.lowercased(), in: view.state) != nil
            let symbol = isRegister ? nil : sources?.symbols.symbols.first { $0.name == text && !$0.isFunction }
            return (value, symbol?.size ?? 1)
        }
    }
}
