import Executables
import Inspection

/// The types in an expression about variables that have no values yet, as those of a function that does not run: what it cannot mean at any time.
struct ExpressionTypes {
    /// A frame for values that are nowhere.
    let frame: CallFrame
    /// The variables of the function, those of its blocks first.
    private let variables: [SourceVariable]
    private let context: ExpressionContext

    init(frame: SourceFrame, variables: [SourceVariable], context: ExpressionContext) {
        self.frame = frame.frame
        self.variables = variables
        self.context = context
    }

    /// The type of an expression; nil for numbers, and for what only its value could tell. Throws where a structure has no such member, and where what is
    /// followed, or has elements, is no pointer and no array.
    func type(of expression: Expression) throws(DebuggerError) -> SourceType? {
        switch expression {
        case .number, .real, .size: return nil
        case .name(let name): return try type(ofName: name)
        case .member(let structure, let name):
            return try type(of: structure).map { type throws(DebuggerError) in try member(name, of: type) }
        case .element(let array, let index):
            _ = try type(of: index)
            return try type(of: array).map { type throws(DebuggerError) in try target(of: type, "has no elements") }
        case .dereference(let pointer):
            return try type(of: pointer).map { type throws(DebuggerError) in try target(of: type, "is no pointer") }
        case .address(let operand):
            return try type(of: operand).map { .pointer(to: $0, size: frame.word) }
        case .cast(let name, let operand):
            _ = try type(of: operand)
            return try context.type(name)
        case .unary(_, let a), .memory(let a, _, _), .sizeOf(let a):
            _ = try type(of: a)
            return nil
        case .binary(let sign, let a, let b):
            let (left, right) = (try type(of: a), try type(of: b))
            // A pointer and a number of elements is a pointer again.
            guard sign == "+" || sign == "-", right == nil, let left, isFollowed(left) else { return nil }
            return left
        case .far(let a, let b):
            _ = (try type(of: a), try type(of: b))
            return nil
        case .choice(let condition, let a, let b):
            _ = try type(of: condition)
            let (first, second) = (try type(of: a), try type(of: b))
            return first ?? second
        }
    }

    private func type(ofName name: String) throws(DebuggerError) -> SourceType? {
        let parts = name.split(separator: ".").map(String.init)
        guard let first = parts.first, let variable = variables.first(where: { $0.name == first }) else {
            guard case .typed(let value)? = try? context.namingValues.quantity(of: name) else { return nil }
            return value.type
        }
        var type = variable.type
        for part in parts.dropFirst() { type = try member(part, of: type) }
        return type
    }

    private func isFollowed(_ type: SourceType) -> Bool {
        switch plain(type).shape {
        case .pointer, .array: true
        default: false
        }
    }

    /// That which a pointer or an array leads to.
    private func target(of type: SourceType, _ otherwise: String) throws(DebuggerError) -> SourceType {
        switch plain(type).shape {
        case .pointer(let target, _), .array(let target, _): return target
        default: throw DebuggerError("\(type.name) \(otherwise)")
        }
    }

    /// A member of a structure, or of the one that a pointer leads to.
    private func member(_ name: String, of type: SourceType) throws(DebuggerError) -> SourceType {
        var structure = plain(type)
        if case .pointer(let target, _) = structure.shape { structure = plain(target) }
        return try SourceValue(type: structure, place: .lost, frame: frame).member(name).type
    }

    /// A reference of C++ is what it stands for.
    private func plain(_ type: SourceType) -> SourceType { type.referenced ?? type }
}
