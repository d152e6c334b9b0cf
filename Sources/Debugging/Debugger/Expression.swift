import Executables
import X86

/// An expression as users write it: numbers (`0x7c00`, `7c00h`, `42`, `0b101`), registers, flags and symbols by name, `segment:offset`, reads of
/// memory (`[esp+4]`, `byte[ds:si]`, `word[…]`, `physical[…]`), and C's operators with C's precedence. Values have 64 bits; comparisons look at 32, in IA-32e
/// mode at all.
public indirect enum Expression: Equatable, Sendable {
    case number(UInt64)
    /// A register, a flag, or a symbol.
    case name(String)
    case unary(String, Expression)
    case binary(String, Expression, Expression)
    /// `segment:offset`; a name that is a segment register means its base.
    case far(Expression, Expression)
    /// 1, 2, 4 or 8 bytes at a linear or physical address; of size 0, as many as a general register of the code has.
    case memory(Expression, size: Int, isPhysical: Bool)

    public init(_ text: String) throws(DebuggerError) {
        var parser = ExpressionParser(text)
        self = try parser.whole()
    }

    /// The value now. Throws for names that mean nothing, unmapped memory and division by zero.
    public func value(in context: ExpressionContext) throws(DebuggerError) -> UInt64 {
        switch self {
        case .number(let value): return value
        case .name(let name): return try context.value(of: name)
        case .unary(let sign, let operand):
            let value = try operand.value(in: context)
            return sign == "-" ? 0 &- value : sign == "~" ? ~value : value & context.view.linearMask == 0 ? 1 : 0
        case .binary(let sign, let a, let b): return try Self.compute(sign, a, b, context)
        case .far(let segment, let offset):
            return try (context.base(of: segment) &+ offset.value(in: context)) & context.view.linearMask
        case .memory(let address, let size, let isPhysical):
            let place = try address.value(in: context) & (isPhysical ? .max : context.view.linearMask)
            let size = size > 0 ? size : context.view.is64Bit ? 8 : 4
            if isPhysical { return context.view.physical(place, size) }
            guard let value = context.view.linear(place, size) else {
                throw DebuggerError("nothing is mapped at linear address \(h(place))")
            }
            return value
        }
    }

    private static func compute(
        _ sign: String, _ a: Expression, _ b: Expression, _ context: ExpressionContext
    ) throws(DebuggerError) -> UInt64 {
        let left = try a.value(in: context)
        let mask = context.view.linearMask
        // The right side of these is not looked at when the left decides.
        if sign == "&&", left & mask == 0 { return 0 }
        if sign == "||", left & mask != 0 { return 1 }
        let right = try b.value(in: context)
        let (l, r) = (left & mask, right & mask)
        switch sign {
        case "+": return left &+ right
        case "-": return left &- right
        case "*": return left &* right
        case "/", "%":
            guard r != 0 else { throw DebuggerError("division by zero") }
            return sign == "/" ? l / r : l % r
        case "<<": return r < 64 ? left << r : 0
        case ">>": return r < 64 ? l >> r : 0
        case "&": return left & right
        case "|": return left | right
        case "^": return left ^ right
        case "==": return l == r ? 1 : 0
        case "!=": return l != r ? 1 : 0
        case "<": return l < r ? 1 : 0
        case "<=": return l <= r ? 1 : 0
        case ">": return l > r ? 1 : 0
        case ">=": return l >= r ? 1 : 0
        default: return r != 0 ? 1 : 0
        }
    }
}

/// The machine and the names that an expression is about.
public struct ExpressionContext {
    public let view: MachineView
    public let symbols: SymbolTable?

    public init(view: MachineView, symbols: SymbolTable?) {
        self.view = view
        self.symbols = symbols
    }

    func value(of name: String) throws(DebuggerError) -> UInt64 {
        if name.hasPrefix("$") {
            if let value = RegisterAccess.value(named(name), in: view.state) { return value }
            throw DebuggerError("no register is called \(name); `info registers` shows them all")
        }
        // A kernel may have a function called `cli`, but hardly one called `eax`.
        if let value = RegisterAccess.value(name.lowercased(), in: view.state) { return value }
        if let address = symbols?.address(of: name) { return address }
        let isHexadecimal = name.allSatisfy(\.isHexDigit)
        throw DebuggerError(
            isHexadecimal
                ? "\(name) is no name I know; a hexadecimal number begins with 0x or ends in h: 0x\(name)"
                : symbols == nil
                    ? "\(name) is no register; for symbols give an ELF file with --symbols"
                    : "\(name) is neither a register nor a symbol")
    }

    private func named(_ name: String) -> String {
        let plain = String(name.dropFirst()).lowercased()
        let pointers = view.is64Bit ? ["pc": "rip", "sp": "rsp", "fp": "rbp"] : ["pc": "eip", "sp": "esp", "fp": "ebp"]
        return pointers[plain] ?? plain
    }

    /// The base of the segment that an expression before a colon means.
    func base(of segment: Expression) throws(DebuggerError) -> UInt64 {
        if case .name(let name) = segment, let base = RegisterAccess.base(name.lowercased(), in: view.state) { return base }
        let selector = UInt16(truncatingIfNeeded: try segment.value(in: self))
        guard view.isProtected, !view.isVirtual8086 else { return UInt64(selector) << 4 }
        guard let descriptor = DescriptorLookup(view, selector: selector).descriptor else {
            throw DebuggerError("selector \(h(selector)) is not in the descriptor tables")
        }
        return descriptor.base
    }
}
