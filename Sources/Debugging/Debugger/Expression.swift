import Executables
import Explanations
import Inspection
import X86

/// An expression as users write it: numbers (`0x7c00`, `7c00h`, `42`, `0b101`), registers, flags and symbols by name, `segment:offset`, reads of
/// memory (`[esp+4]`, `byte[ds:si]`, `word[…]`, `physical[…]`), and C's operators with C's precedence. Where debug information is known, variables with
/// members, elements, pointers and casts: `tasks[1].name`, `*(struct task *)current`. Numbers have 64 bits; comparisons look at 32, in IA-32e mode at all.
public indirect enum Expression: Equatable, Sendable {
    case number(UInt64)
    /// `3.5`
    case real(Double)
    /// A variable, a register, a flag, or a symbol.
    case name(String)
    case unary(String, Expression)
    case binary(String, Expression, Expression)
    /// `segment:offset`; a name that is a segment register means its base.
    case far(Expression, Expression)
    /// 1, 2, 4 or 8 bytes at a linear or physical address; of size 0, as many as a general register of the code has.
    case memory(Expression, size: Int, isPhysical: Bool)
    /// `*p`, of a number four bytes; `&v`; `a[i]`; `s.m` and `p->m`.
    case dereference(Expression)
    case address(Expression)
    case element(Expression, Expression)
    case member(Expression, String)
    case cast(String, Expression)
    /// The size of a type, or of a value.
    case size(String)
    case sizeOf(Expression)
    /// `a ? b : c`
    case choice(Expression, Expression, Expression)

    /// Parses an expression. Throws an error that shows the place where it cannot be one.
    public init(_ text: String) throws(DebuggerError) {
        var parser = ExpressionParser(text)
        self = try parser.whole()
    }

    /// The value now. Throws for names that mean nothing, unmapped memory and division by zero.
    public func value(in context: ExpressionContext) throws(DebuggerError) -> UInt64 { try quantity(in: context).number() }

    /// The address that it means as a place: of a variable where it lies, of all else its value. A pointer is followed.
    public func place(in context: ExpressionContext) throws(DebuggerError) -> UInt64 {
        let quantity = try quantity(in: context)
        guard case .typed(let value) = quantity, let address = value.address else { return try quantity.number() }
        if case .pointer = value.type.shape { return try value.number() }
        return address
    }

    /// The value with its type, if it has one.
    public func quantity(in context: ExpressionContext) throws(DebuggerError) -> Quantity {
        switch self {
        case .number(let value): return .number(value)
        case .real(let value): return .real(value)
        case .choice(let condition, let first, let second):
            return try (condition.quantity(in: context).isTrue(context) ? first : second).quantity(in: context)
        case .name(let name): return try context.quantity(of: name)
        case .unary(let sign, let operand):
            let value = try operand.quantity(in: context)
            if sign == "!" { return .number(try value.isTrue(context) ? 0 : 1) }
            if sign == "-", let real = try value.real { return .real(-real) }
            let number = try value.number()
            return .number(sign == "-" ? 0 &- number : ~number, isSigned: value.isSigned)
        case .binary(let sign, let a, let b): return try Arithmetic(sign, context).value(a, b)
        case .far(let segment, let offset):
            return .number((try context.base(of: segment) &+ offset.value(in: context)) & context.view.linearMask)
        case .memory(let address, let size, let isPhysical):
            let place = try address.value(in: context.namingPlaces) & (isPhysical ? .max : context.view.linearMask)
            return .number(try context.memory(place, size, isPhysical))
        case .dereference(let operand):
            let pointer = try operand.quantity(in: context.namingValues)
            if case .typed(let value) = pointer { return .typed(try value.target()) }
            return .number(try context.memory(pointer.number() & context.view.linearMask, 4, false))
        case .address(let operand):
            guard case .typed(let value) = try operand.quantity(in: context.namingValues) else {
                // A symbol without a type is its address already.
                if case .name = operand { return try operand.quantity(in: context) }
                throw DebuggerError("only what is in memory has an address")
            }
            return .typed(try value.pointer())
        case .element(let array, let index):
            let number = try index.value(in: context.namingValues)
            guard case .typed(let value) = try array.quantity(in: context.namingValues) else {
                throw DebuggerError("only arrays and pointers have elements; memory is read by [address]")
            }
            return .typed(try value.element(number))
        case .member(let structure, let name):
            guard case .typed(let value) = try structure.quantity(in: context.namingValues) else {
                throw DebuggerError(
                    "only structures have members, and their type has to be known: compile with -g, or cast a pointer")
            }
            if case .pointer = value.type.shape { return .typed(try value.target().member(name)) }
            return .typed(try value.member(name))
        case .cast(let name, let operand):
            let type = try context.type(name)
            return .typed(try operand.quantity(in: context.namingValues).typed(context).cast(to: type))
        case .size(let name): return .number(try context.type(name).size)
        case .sizeOf(let operand):
            guard case .typed(let value) = try operand.quantity(in: context.namingValues) else {
                throw DebuggerError("a number without a type has no size")
            }
            return .number(value.type.size)
        }
    }
}

/// The result of an expression: a number, or a value of the source with its type.
public enum Quantity {
    /// `isSigned` is nil for what has no type: a register, a symbol, a number as it is typed.
    case number(UInt64, isSigned: Bool? = nil)
    case typed(SourceValue)
    /// A number with a point.
    case real(Double)

    /// The bits of the result. Throws for a number with a point, and for a value that is neither a number nor a pointer.
    public func number() throws(DebuggerError) -> UInt64 {
        switch self {
        case .number(let value, _): value
        case .typed(let value): try value.number()
        case .real:
            throw DebuggerError("a number with a point is no address, no count and has no bits here; cast it, as in (int)1.5")
        }
    }

    /// The number, of one that has a point; nil for others.
    var real: Double? {
        get throws(DebuggerError) {
            switch self {
            case .real(let value): value
            case .typed(let value): try value.real
            case .number: nil
            }
        }
    }

    /// The number, with a point or without.
    func double() throws(DebuggerError) -> Double {
        if let real = try real { return real }
        let number = try number()
        return isSigned == false ? Double(number) : Double(Int64(bitPattern: number))
    }

    func isTrue(_ context: ExpressionContext) throws(DebuggerError) -> Bool {
        if let real = try real { return real != 0 }
        return try number() & mask(context) != 0
    }

    var isSigned: Bool? {
        switch self {
        case .number(_, let isSigned): isSigned
        case .typed(let value): value.isSigned
        case .real: true
        }
    }

    /// The bits that are looked at: of `long long` all.
    func mask(_ context: ExpressionContext) -> UInt64 {
        if case .typed(let value) = self, case .number(let format) = value.type.shape, format.size > 4 { return .max }
        return context.view.linearMask
    }

    /// A number as a value of the type that it has in C.
    func typed(_ context: ExpressionContext) throws(DebuggerError) -> SourceValue {
        switch self {
        case .typed(let value): return value
        case .real(let value):
            return SourceValue(
                type: .number(name: "double", NumberFormat(.float, size: 8)), place: .value(value.bitPattern),
                frame: CallFrame(context.view, sources: context.sources))
        case .number(let value, _):
            let frame = CallFrame(context.view, sources: context.sources)
            return SourceValue(
                type: .number(name: "unsigned long", NumberFormat(.unsigned, size: 8)), place: .value(value), frame: frame)
        }
    }
}

/// An operator between two values, as C has it.
struct Arithmetic {
    private let sign: String
    private let context: ExpressionContext

    init(_ sign: String, _ context: ExpressionContext) {
        self.sign = sign
        self.context = context
    }

    func value(_ a: Expression, _ b: Expression) throws(DebuggerError) -> Quantity {
        let left = try a.quantity(in: context)
        if sign == "&&" || sign == "||" {
            // The right side of these is not looked at when the left decides.
            let isTrue = try left.isTrue(context)
            if isTrue == (sign == "||") { return .number(isTrue ? 1 : 0) }
            let right = try b.quantity(in: context)
            return .number(try right.isTrue(context) ? 1 : 0)
        }
        let right = try b.quantity(in: context)
        if let moved = try pointer(left, right) { return moved }
        let (a, b) = (try left.real, try right.real)
        if a != nil || b != nil { return try real(left.double(), right.double()) }
        // As in C, a number without a sign makes the other one such.
        let isSigned = left.isSigned == false || right.isSigned == false ? false : left.isSigned ?? right.isSigned
        return .number(
            try compute(left.number(), right.number(), mask: left.mask(context) | right.mask(context), isSigned == true),
            isSigned: isSigned)
    }

    /// A pointer and a number of elements, or the elements between two pointers; nil for other sums.
    private func pointer(_ left: Quantity, _ right: Quantity) throws(DebuggerError) -> Quantity? {
        guard sign == "+" || sign == "-", case .typed(let a) = left else { return nil }
        if sign == "-", case .typed(let b) = right, let size = a.sizeOfElement, b.sizeOfElement != nil {
            let distance = Int64(bitPattern: try a.number() &- b.number())
            return .number(UInt64(bitPattern: distance / Int64(clamping: max(1, size))), isSigned: true)
        }
        let count = try right.number()
        return try a.moved(by: sign == "+" ? count : 0 &- count).map { .typed($0) }
    }

    private func real(_ left: Double, _ right: Double) throws(DebuggerError) -> Quantity {
        switch sign {
        case "+": return .real(left + right)
        case "-": return .real(left - right)
        case "*": return .real(left * right)
        case "/": return .real(left / right)
        case "==": return .number(left == right ? 1 : 0)
        case "!=": return .number(left != right ? 1 : 0)
        case "<": return .number(left < right ? 1 : 0)
        case "<=": return .number(left <= right ? 1 : 0)
        case ">": return .number(left > right ? 1 : 0)
        case ">=": return .number(left >= right ? 1 : 0)
        default: throw DebuggerError("numbers with a point have no \(sign)")
        }
    }

    private func compute(_ left: UInt64, _ right: UInt64, mask: UInt64, _ isSigned: Bool) throws(DebuggerError) -> UInt64 {
        let (l, r) = (left & mask, right & mask)
        let (x, y) =
            mask == .max
            ? (Int64(bitPattern: l), Int64(bitPattern: r))
            : (Int64(Int32(truncatingIfNeeded: l)), Int64(Int32(truncatingIfNeeded: r)))
        switch sign {
        case "+": return left &+ right
        case "-": return left &- right
        case "*": return left &* right
        case "/", "%":
            guard r != 0 else { throw DebuggerError("division by zero", isOfTheMoment: true) }
            guard isSigned else { return sign == "/" ? l / r : l % r }
            let (quotient, rest) = (
                x.dividedReportingOverflow(by: y).partialValue, x.remainderReportingOverflow(dividingBy: y).partialValue
            )
            return UInt64(bitPattern: sign == "/" ? quotient : rest)
        case "<<": return r < 64 ? left << r : 0
        case ">>": return isSigned ? UInt64(bitPattern: x >> Int64(min(r, 63))) : r < 64 ? l >> r : 0
        case "&": return left & right
        case "|": return left | right
        case "^": return left ^ right
        case "==": return l == r ? 1 : 0
        case "!=": return l != r ? 1 : 0
        case "<": return (isSigned ? x < y : l < r) ? 1 : 0
        case "<=": return (isSigned ? x <= y : l <= r) ? 1 : 0
        case ">": return (isSigned ? x > y : l > r) ? 1 : 0
        case ">=": return (isSigned ? x >= y : l >= r) ? 1 : 0
        default: throw DebuggerError("\(sign) is no operator")
        }
    }
}

/// The machine and the names that an expression is about.
public struct ExpressionContext {
    /// The machine whose registers and memory are read.
    public let view: MachineView
    /// Names of places; nil where none are known.
    public let symbols: SymbolTable?
    let sources: SourceMap?
    /// The place where names of variables are looked up first; nil where no debug information is known.
    private let scope: SourceFrame?
    /// A name of a variable is its address, as between the brackets of an assembler.
    private var namesArePlaces = false

    /// A context without debug information: registers, memory and symbols.
    public init(view: MachineView, symbols: SymbolTable?) {
        self.view = view
        self.symbols = symbols
        sources = nil
        scope = nil
    }

    init(view: MachineView, sources: SourceMap?, scope: SourceFrame?) {
        self.view = view
        symbols = sources?.symbols
        self.sources = sources
        self.scope = scope
    }

    var namingPlaces: ExpressionContext { naming(places: true) }
    var namingValues: ExpressionContext { naming(places: false) }

    private func naming(places: Bool) -> ExpressionContext {
        var context = self
        context.namesArePlaces = places
        return context
    }

    /// 1 to 8 bytes of memory; of size 0 as many as a general register has.
    func memory(_ place: UInt64, _ size: Int, _ isPhysical: Bool) throws(DebuggerError) -> UInt64 {
        let size = size > 0 ? size : view.is64Bit ? 8 : 4
        if isPhysical { return view.physical(place, size) }
        guard let value = view.linear(place, size) else { throw DebuggerError("nothing is mapped at linear address \(h(place))") }
        return value
    }

    func type(_ name: String) throws(DebuggerError) -> SourceType {
        guard let type = TypeDeclaration.type(name, sources, pointerSize: view.is64Bit ? 8 : 4) else {
            throw DebuggerError("\(name) is no type that is known here")
        }
        return type
    }

    func quantity(of name: String) throws(DebuggerError) -> Quantity {
        if let known = try known(name) { return known }
        // `a.b`, which may be the name of a symbol, too.
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1, parts.allSatisfy({ !$0.isEmpty }), sources?.debug != nil, try known(parts[0]) != nil else {
            throw unknown(name)
        }
        return try parts.dropFirst().reduce(Expression.name(parts[0])) { .member($0, $1) }.quantity(in: self)
    }

    private func known(_ name: String) throws(DebuggerError) -> Quantity? {
        if name.hasPrefix("$") {
            if let value = RegisterAccess.value(named(name), in: view.state) { return .number(value) }
            if let value = floatRegister(named(name)) { return value }
            throw DebuggerError("no register is called \(name); `info registers` shows them all")
        }
        if let scope, let variable = scope.variable(named: name) {
            return .typed(scope.value(of: variable)).named(asPlace: namesArePlaces)
        }
        // A kernel may have a function called `cli`, but hardly one called `eax`.
        if let value = RegisterAccess.value(name.lowercased(), in: view.state) { return .number(value) }
        if let value = floatRegister(name.lowercased()) { return value }
        let debug = sources?.debug
        if let scope, let variable = debug?.variable(named: name, near: scope.frame.place) {
            return .typed(scope.value(of: variable)).named(asPlace: namesArePlaces)
        }
        if let address = symbols?.address(of: name) ?? debug?.address(ofFunction: name) { return .number(address) }
        if let scope, let (value, type) = debug?.enumerator(named: name) {
            return .typed(SourceValue(type: type, place: .value(UInt64(bitPattern: value)), frame: scope.frame))
        }
        return nil
    }

    /// ST(0) to ST(7) as numbers; XMM and YMM registers as rows of single-precision ones.
    private func floatRegister(_ name: String) -> Quantity? {
        if let number = FloatRegisters(view.state).stack(name) { return .real(FloatText(number).double) }
        guard let bytes = FloatRegisters(view.state).vector(name) else { return nil }
        let lane = SourceType.number(name: "float", NumberFormat(.float, size: 4))
        let frame = CallFrame(view, sources: sources)
        return .typed(SourceValue(type: .array(of: lane, count: UInt64(bytes.count / 4)), place: .bytes(bytes), frame: frame))
    }

    private func unknown(_ name: String) -> DebuggerError {
        let isHexadecimal = name.allSatisfy(\.isHexDigit)
        return DebuggerError(
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

extension Quantity {
    /// A variable in memory as its address, where that is what its name means.
    fileprivate func named(asPlace isPlace: Bool) -> Quantity {
        if isPlace, case .typed(let value) = self, let address = value.address { .number(address) } else { self }
    }
}
