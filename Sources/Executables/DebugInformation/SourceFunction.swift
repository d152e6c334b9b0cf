/// A variable or parameter of the source.
public struct SourceVariable: Sendable {
    /// The name in the source.
    public let name: String
    /// The type in the source.
    public let type: SourceType
    let node: DebugNode
}

/// A function whose code holds an address: itself, or the part of another's code that its body became.
public struct SourceFunction: Sendable {
    let node: DebugNode
    /// The address in it at which control is.
    let address: UInt64

    /// With its namespaces.
    public var name: String { node.qualifiedName ?? "?" }
    /// Its body stands in the code of its caller.
    public var isInlined: Bool { node.tag == DebugTag.inlinedSubroutine }
    /// Address of its first instruction; nil for a part of another's code.
    public var start: UInt64? { isInlined ? nil : node.ranges.first?.lowerBound }
    /// The type of what it returns.
    public var resultType: SourceType { node.type }

    /// Of an inlined one: where in the source its caller calls it. The file is an index in the table of lines.
    public var call: (file: Int, line: UInt32)? {
        guard isInlined, let line = node.number(DebugAttribute.callLine), let file = node.number(DebugAttribute.callFile),
            let list = node.unit.header.statementList, let first = node.debug.firstFiles[list], file < 1 << 24
        else { return nil }
        return (first + Int(file), UInt32(clamping: line))
    }

    /// In the order of the declaration.
    public var parameters: [SourceVariable] { Self.variables(of: node, tag: DebugTag.parameter) }

    /// Those that control sees, of the innermost block first.
    public var locals: [SourceVariable] {
        var found = Self.variables(of: node, tag: DebugTag.variable)
        var block = node
        while let inner = block.children.first(where: { $0.tag == DebugTag.lexicalBlock && $0.contains(address) }) {
            found.insert(contentsOf: Self.variables(of: inner, tag: DebugTag.variable), at: 0)
            block = inner
        }
        return found
    }

    private static func variables(of node: DebugNode, tag: UInt16) -> [SourceVariable] {
        node.children.filter { $0.tag == tag }.compactMap { child in
            child.name.map { SourceVariable(name: $0, type: child.type, node: child) }
        }
    }
}

extension DebugInformation {
    /// Functions whose code holds `address`: the innermost inlined one first, the one that has the code last. Empty where none is known.
    public func functions(at address: UInt64) -> [SourceFunction] {
        guard let whole = function(at: address) else { return [] }
        var found = [SourceFunction(node: whole, address: address)]
        var node = whole
        while found.count < 64,
            let inner = node.children.first(where: {
                ($0.tag == DebugTag.inlinedSubroutine || $0.tag == DebugTag.lexicalBlock) && $0.contains(address)
            })
        {
            if inner.tag == DebugTag.inlinedSubroutine { found.insert(SourceFunction(node: inner, address: address), at: 0) }
            node = inner
        }
        return found
    }

    /// A variable of the file's scope; of several with one name the one in the unit of `address`.
    public func variable(named name: String, near address: UInt64) -> SourceVariable? {
        let found = nodes(\.variables, named: name)
        let unit = function(at: address)?.unit
        return (found.first { $0.unit === unit } ?? found.first).map { SourceVariable(name: name, type: $0.type, node: $0) }
    }

    /// The first instruction of a function by its name in the source.
    public func address(ofFunction name: String) -> UInt64? {
        nodes(\.functions, named: name).lazy.compactMap { $0.ranges.first?.lowerBound }.first
    }

    /// The first instructions of a function's inlined copies, by rising address.
    public func addresses(ofInlined name: String) -> [UInt64] {
        let functions = Set(nodes(\.functions, named: name).map(\.offset))
        guard !functions.isEmpty else { return [] }
        var found: Set<UInt64> = []
        for number in headers.indices {
            let unit = unit(number)
            for (index, entry) in unit.entries.enumerated() where entry.tag == DebugTag.inlinedSubroutine {
                let node = DebugNode(debug: self, unit: unit, index: index)
                guard case .reference(let origin)? = node.attribute(DebugAttribute.abstractOrigin), functions.contains(origin),
                    let start = node.entryAddress
                else { continue }
                found.insert(start)
            }
        }
        return found.sorted()
    }

    /// Finds the declaration of a function.
    public func type(ofFunction name: String) -> SourceType? { nodes(\.functions, named: name).first.map { .written($0) } }

    /// A type by its name: "struct task", "u32", "unsigned int".
    public func type(named name: String) -> SourceType? {
        let words = name.split(separator: " ").map(String.init)
        let keywords = [
            "struct": DebugTag.structure, "union": DebugTag.union, "enum": DebugTag.enumeration, "class": DebugTag.classType,
        ]
        if words.count == 2, let tag = keywords[words[0]] {
            return nodes(\.types, named: words[1]).first { $0.tag == tag }.map { .written($0) }
        }
        return nodes(\.types, named: words.joined(separator: " ")).first.map { .written($0) }
    }

    /// The value of a name in an enumeration of the file.
    public func enumerator(named name: String) -> (value: Int64, type: SourceType)? {
        for node in enumerations {
            let type = SourceType.written(node)
            if let found = type.enumerators.first(where: { $0.name == name }) { return (found.value, type) }
        }
        return nil
    }

    /// Tells where a variable is while control is at `address` of the frame that `context` is about.
    public func location(of variable: SourceVariable, at address: UInt64, in context: some FrameContext) -> ValueLocation {
        let node = variable.node
        let unit = node.unit.header
        if let value = node.inherited(DebugAttribute.location) {
            return location(value, at: address, unit, context)
        }
        switch node.inherited(DebugAttribute.constantValue) {
        case .block(let range)?:
            return sections.info.slice(range.lowerBound, range.upperBound - range.lowerBound).map { .bytes($0) } ?? .lost
        case .text(let offset)?: return .bytes(Array((sections.info.text(offset) ?? "").utf8) + [0])
        case .some(let value): return value.number.map { .value($0) } ?? .lost
        case nil: return .lost
        }
    }

    private func location(_ value: AttributeValue, at address: UInt64, _ unit: UnitHeader, _ context: some FrameContext)
        -> ValueLocation
    {
        guard let (section, range) = expression(value, at: address, unit) else { return .lost }
        return LocationExpression(section, range, addressSize: unit.addressSize) { [sections] in
            sections.address(.addressIndex($0), unit)
        }
        .location(in: context)
    }

    /// Code of the function that begins at `address`, if it keeps parameters and variables in its frame wherever control is in it, as code without
    /// optimization does: before its prologue has run they are not there.
    func codeWithFrame(at address: UInt64) -> Range<UInt64>? {
        guard let function = functions(at: address).last, function.start == address else { return nil }
        var expressions: [AttributeValue] = []
        var blocks = [function.node]
        while let block = blocks.popLast(), expressions.count < 1000 {
            for child in block.children {
                switch child.tag {
                case DebugTag.lexicalBlock: blocks.append(child)
                case DebugTag.parameter, DebugTag.variable:
                    guard let value = child.inherited(DebugAttribute.location) else { continue }
                    expressions.append(value)
                default: break
                }
            }
        }
        var hasFrame = false
        for value in expressions {
            // A list of locations is of code that is optimized, and right everywhere.
            guard case .block(let range) = value else { return nil }
            // DW_OP_fbreg
            if sections.info.u8(range.lowerBound) == 0x91 { hasFrame = true }
        }
        return hasFrame ? function.node.ranges.first : nil
    }

    /// The place that the variables of the function at `address` are relative to.
    public func frameBase(at address: UInt64, in context: some FrameContext) -> UInt64? {
        guard let node = function(at: address), let value = node.attribute(DebugAttribute.frameBase) else { return nil }
        switch location(value, at: address, node.unit.header, context) {
        case .memory(let base), .value(let base): return base
        case .register(let number): return context.register(number)
        default: return nil
        }
    }
}
