/// A type of the source.
public indirect enum SourceType: Sendable {
    /// As the compiler wrote it.
    case written(DebugNode)
    /// C's void, and where nothing is known.
    case void
    /// A type that an expression made: a number, an address, a row of an array.
    case number(name: String, NumberFormat)
    case pointer(to: SourceType, size: UInt64)
    case array(of: SourceType, count: UInt64?)
}

/// The layout of a number in memory.
public struct NumberFormat: Equatable, Sendable {
    /// The meaning of a number's bits.
    public enum Kind: Sendable { case signed, unsigned, character, unsignedCharacter, boolean, float, complex }
    /// The meaning of the bits.
    public let kind: Kind
    /// In bytes.
    public let size: UInt64

    /// A layout.
    public init(_ kind: Kind, size: UInt64) {
        self.kind = kind
        self.size = size
    }

    /// Its highest bit is its sign.
    public var isSigned: Bool { kind == .signed || kind == .character }
}

/// A type with its names taken away: what can be done with its values.
public indirect enum TypeShape: Sendable {
    case void
    case number(NumberFormat)
    case pointer(to: SourceType, size: UInt64)
    /// The keyword is "struct", "union" or "class".
    case structure(keyword: String, size: UInt64)
    case array(of: SourceType, count: UInt64?)
    case enumeration(NumberFormat)
    case function(returning: SourceType)
}

/// A member of a structure.
public struct SourceMember: Sendable {
    /// Empty for an anonymous structure or union.
    public let name: String
    /// The member's type.
    public let type: SourceType
    /// In bytes from the structure's beginning.
    public let offset: UInt64
    /// Of a bit field: its lowest bit, counted from bit 0 of the byte at `offset`, and how many there are.
    public var bits: (first: UInt64, count: UInt64)?
    /// Of a class, the one that it inherits from.
    public let isBase: Bool
}

extension SourceType {
    /// Names in a row that are followed at most: typedefs of typedefs.
    private static let longestChain = 32

    /// The type behind names and qualifiers.
    public var shape: TypeShape {
        var type = self
        for _ in 0..<Self.longestChain {
            switch type {
            case .void: return .void
            case .number(_, let format): return .number(format)
            case .pointer(let target, let size): return .pointer(to: target, size: size)
            case .array(let element, let count): return .array(of: element, count: count)
            case .written(let node):
                if let shape = Self.shape(of: node) { return shape }
                type = node.type
            }
        }
        return .void
    }

    /// Nil for a name or a qualifier of another type.
    private static func shape(of node: DebugNode) -> TypeShape? {
        let size = node.number(DebugAttribute.byteSize)
        switch node.tag {
        case DebugTag.base: return .number(format(of: node))
        case DebugTag.pointer, DebugTag.reference, DebugTag.rvalueReference:
            return .pointer(to: node.type, size: size ?? node.unit.header.addressSize)
        case DebugTag.structure, DebugTag.union, DebugTag.classType:
            let keyword = node.tag == DebugTag.union ? "union" : node.tag == DebugTag.classType ? "class" : "struct"
            // What another unit only declares is defined in its own.
            return .structure(keyword: keyword, size: size ?? node.definition?.number(DebugAttribute.byteSize) ?? 0)
        case DebugTag.enumeration:
            let isSigned =
                node.type.isSignedNumber
                || node.children.contains {
                    if case .signed(let value)? = $0.attribute(DebugAttribute.constantValue) { value < 0 } else { false }
                }
            return .enumeration(NumberFormat(isSigned ? .signed : .unsigned, size: min(size ?? 4, 8)))
        case DebugTag.array: return array(node)
        case DebugTag.subroutineType, DebugTag.subprogram: return .function(returning: node.type)
        case DebugTag.typedef, DebugTag.const, DebugTag.volatile, DebugTag.restrict, DebugTag.atomic: return nil
        default: return .void
        }
    }

    /// DW_ATE codes, DWARF 5, section 7.8.
    private static func format(of node: DebugNode) -> NumberFormat {
        let size = min(node.number(DebugAttribute.byteSize) ?? 0, 32)
        // Sixteen bytes are the x87's ten with room behind them, or a format that no instruction knows.
        if size == 16, node.name?.contains("128") == true { return NumberFormat(.unsigned, size: size) }
        let kinds: [UInt64: NumberFormat.Kind] = [
            2: .boolean, 3: .complex, 4: .float, 5: .signed, 6: .character, 8: .unsignedCharacter, 0x0D: .signed,
            0x10: .unsignedCharacter,
        ]
        return NumberFormat(kinds[node.number(DebugAttribute.encoding) ?? 7] ?? .unsigned, size: size)
    }

    private var isSignedNumber: Bool {
        if case .number(let format) = shape { format.isSigned } else { false }
    }

    /// An array of arrays for one of several dimensions.
    private static func array(_ node: DebugNode) -> TypeShape {
        var type = node.type
        var counts: [UInt64?] = node.children.filter { $0.tag == DebugTag.subrange }.map { range in
            if let count = range.number(DebugAttribute.count) { return count }
            // An upper bound of -1 is how compilers write an array without elements.
            return range.number(DebugAttribute.upperBound).map { $0 &+ 1 }.map { $0 & 0xFFFF_FFFF == 0 ? 0 : $0 }
        }
        let first = counts.isEmpty ? nil : counts.removeFirst()
        for count in counts.reversed() { type = .array(of: type, count: count) }
        return .array(of: type, count: first)
    }

    /// Of a reference of C++ the type that it stands for; nil for other types.
    public var referenced: SourceType? {
        var type = self
        for _ in 0..<Self.longestChain {
            guard case .written(let node) = type else { return nil }
            switch node.tag {
            case DebugTag.reference, DebugTag.rvalueReference: return node.type
            case DebugTag.typedef, DebugTag.const, DebugTag.volatile: type = node.type
            default: return nil
            }
        }
        return nil
    }

    /// In bytes; 0 where it is not known.
    public var size: UInt64 { size(depth: 0) }

    private func size(depth: Int) -> UInt64 {
        guard depth < Self.longestChain else { return 0 }
        switch shape {
        case .void: return 0
        case .number(let format), .enumeration(let format): return format.size
        case .pointer(_, let size), .structure(_, let size): return size
        case .array(let element, let count):
            let (size, overflow) = element.size(depth: depth + 1).multipliedReportingOverflow(by: count ?? 0)
            return overflow ? 0 : size
        case .function: return 1
        }
    }

    /// The node of a structure or an enumeration behind names and qualifiers.
    private var node: DebugNode? {
        var type = self
        for _ in 0..<Self.longestChain {
            guard case .written(let node) = type else { return nil }
            if [DebugTag.typedef, DebugTag.const, DebugTag.volatile, DebugTag.restrict, DebugTag.atomic].contains(node.tag) {
                type = node.type
            } else {
                return node.definition ?? node
            }
        }
        return nil
    }

    /// Members of a structure, in the order of the source; of one with variants (an enum of Rust) those that all have.
    public var members: [SourceMember] { node?.children.compactMap(Self.member) ?? [] }

    private static func member(_ node: DebugNode) -> SourceMember? {
        guard [DebugTag.member, DebugTag.inheritance].contains(node.tag), !node.hasFlag(DebugAttribute.external) else { return nil }
        let type = node.type
        var offset = node.number(DebugAttribute.memberLocation) ?? 0
        var bits: (first: UInt64, count: UInt64)?
        if let count = node.number(DebugAttribute.bitSize), (1...64).contains(count) {
            if let first = node.number(DebugAttribute.dataBitOffset) {
                offset = first / 8
                bits = (first % 8, count)
            } else if let fromTop = node.number(DebugAttribute.bitOffset) {
                // DWARF 2 and 3 count from the highest bit of the storage unit.
                let storage = 8 &* (node.number(DebugAttribute.byteSize) ?? type.size)
                let first = storage &- fromTop &- count
                bits = first < 64 ? (first, count) : nil
            } else {
                bits = (0, count)
            }
        }
        return SourceMember(name: node.name ?? "", type: type, offset: offset, bits: bits, isBase: node.tag == DebugTag.inheritance)
    }

    /// Values of an enumeration with their names.
    public var enumerators: [(name: String, value: Int64)] {
        (node?.children ?? []).filter { $0.tag == DebugTag.enumerator }.compactMap { child in
            guard let name = child.name, let value = child.number(DebugAttribute.constantValue) else { return nil }
            return (name, Int64(bitPattern: value))
        }
    }

    /// Of an enum of Rust: the member that tells which variant a value is, and the variants with the number that stands for each. One without a number
    /// is for all others.
    public var variants: (discriminant: SourceMember, cases: [(value: UInt64?, member: SourceMember)])? {
        guard let part = node?.children.first(where: { $0.tag == DebugTag.variantPart }),
            let discriminant = part.target(of: DebugAttribute.discriminant).flatMap(Self.member)
        else { return nil }
        let cases = part.children.filter { $0.tag == DebugTag.variant }.compactMap { variant in
            variant.children.lazy.compactMap(Self.member).first.map { (variant.number(DebugAttribute.discriminantValue), $0) }
        }
        return (discriminant, cases)
    }

    // MARK: Names

    /// As C writes it: "struct task *", "char [16]".
    public var name: String { declaration(of: "") }

    /// A declaration of something with this type: "char name[16]", "int (*handler)(int)".
    public func declaration(of name: String) -> String { declaration(of: name, depth: 0) }

    private func declaration(of name: String, depth: Int) -> String {
        func joined(_ type: String) -> String { name.isEmpty ? type : "\(type) \(name)" }
        guard depth < Self.longestChain else { return joined("…") }
        func pointer(to target: SourceType, _ sign: String) -> String {
            switch target.shape {
            case .array, .function: if target.isAnonymous { return target.declaration(of: "(\(sign)\(name))", depth: depth + 1) }
            default: break
            }
            return target.declaration(of: sign + name, depth: depth + 1)
        }
        func array(of element: SourceType, _ count: UInt64?) -> String {
            element.declaration(of: "\(name)[\(count.map(String.init) ?? "")]", depth: depth + 1)
        }
        switch self {
        case .void: return joined("void")
        case .number(let own, _): return joined(own)
        case .pointer(let target, _): return pointer(to: target, "*")
        case .array(let element, let count): return array(of: element, count)
        case .written(let node):
            switch node.tag {
            case DebugTag.pointer where node.name == nil: return pointer(to: node.type, "*")
            case DebugTag.reference: return pointer(to: node.type, "&")
            case DebugTag.rvalueReference: return pointer(to: node.type, "&&")
            case DebugTag.array:
                guard case .array(let element, let count) = shape else { return joined("void") }
                return array(of: element, count)
            case DebugTag.subroutineType, DebugTag.subprogram:
                return node.type.declaration(of: "\(name)(\(Self.parameters(node, depth: depth)))", depth: depth + 1)
            case DebugTag.const, DebugTag.volatile, DebugTag.restrict, DebugTag.atomic:
                let words = [DebugTag.const: "const", DebugTag.volatile: "volatile", DebugTag.restrict: "restrict"]
                let word = words[node.tag] ?? "_Atomic"
                if case .pointer = node.type.shape, node.type.isAnonymous {
                    return node.type.declaration(of: name.isEmpty ? word : "\(word) \(name)", depth: depth + 1)
                }
                return "\(word) \(node.type.declaration(of: name, depth: depth + 1))"
            default: return joined(Self.tagged(node))
            }
        }
    }

    /// The structure, enumeration or number that pointers and arrays are around, and what these make of a declaration of `name`: "*", "name[3]".
    public func innermost(around name: String) -> (type: SourceType, declarator: String) {
        var (type, declarator) = (self, name)
        for _ in 0..<Self.longestChain {
            if !type.isAnonymous { return (type, declarator) }
            switch type.shape {
            case .pointer(let target, _): (type, declarator) = (target, "*" + declarator)
            case .array(let element, let count): (type, declarator) = (element, "\(declarator)[\(count.map(String.init) ?? "")]")
            default: return (type, declarator)
            }
        }
        return (type, declarator)
    }

    /// It is a structure or an enumeration without a name.
    public var isUnnamed: Bool {
        guard case .written(let node) = self else { return false }
        return node.name == nil
            && [DebugTag.structure, DebugTag.union, DebugTag.classType, DebugTag.enumeration].contains(node.tag)
    }

    /// As people write it: compilers say "long unsigned int".
    private static func plain(_ name: String) -> String {
        var words = name.split(separator: " ").map(String.init)
        guard words.count > 1, words.contains("int"), words.contains("long") || words.contains("short") else { return name }
        words.removeAll { $0 == "int" }
        if let index = words.firstIndex(of: "unsigned") { words.insert(words.remove(at: index), at: 0) }
        return words.joined(separator: " ")
    }

    private static func parameters(_ node: DebugNode, depth: Int) -> String {
        let types = node.children.filter { $0.tag == DebugTag.parameter }.map { $0.type.declaration(of: "", depth: depth + 1) }
        return types.isEmpty ? "void" : types.joined(separator: ", ")
    }

    /// It has no name of its own.
    private var isAnonymous: Bool {
        if case .written(let node) = self { node.name == nil } else { true }
    }

    private static func tagged(_ node: DebugNode) -> String {
        let keywords = [
            DebugTag.structure: "struct", DebugTag.union: "union", DebugTag.enumeration: "enum", DebugTag.classType: "class",
        ]
        guard let keyword = keywords[node.tag] else { return plain(node.qualifiedName ?? "void") }
        // Languages whose types need no keyword have namespaces.
        guard let name = node.qualifiedName else { return "\(keyword) {…}" }
        return name.contains("::") ? name : "\(keyword) \(name)"
    }

    /// The type behind a name of its own that is another's too: a typedef, or one of C's qualifiers.
    public var target: SourceType? {
        guard case .written(let node) = self, node.tag == DebugTag.typedef else { return nil }
        return node.type
    }
}

extension DebugNode {
    /// The entry that has the contents of a type that this one only declares.
    var definition: DebugNode? {
        guard hasFlag(DebugAttribute.declaration), let name else { return nil }
        return debug.nodes(\.types, named: name).first { $0.tag == tag }
    }
}
