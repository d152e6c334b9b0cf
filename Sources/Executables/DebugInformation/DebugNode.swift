/// An entry of the debug information with what is needed to read it.
public struct DebugNode: Sendable {
    let debug: DebugInformation
    let unit: DebugUnit
    let index: Int

    var entry: DebugUnit.Entry { unit.entries[index] }
    var tag: UInt16 { entry.tag }
    /// The entry's offset in `.debug_info`: what makes it this one and no other.
    var offset: UInt64 { entry.offset }

    var parent: DebugNode? { entry.parent < 0 ? nil : DebugNode(debug: debug, unit: unit, index: Int(entry.parent)) }

    /// In the order of the file.
    var children: [DebugNode] {
        var children: [DebugNode] = []
        var next = index + 1
        while next < Int(entry.end) {
            children.append(DebugNode(debug: debug, unit: unit, index: next))
            next = Int(unit.entries[next].end)
        }
        return children
    }

    /// The value of an attribute of its own.
    func attribute(_ name: UInt16) -> AttributeValue? {
        guard let abbreviation = unit.abbreviations[entry.code] else { return nil }
        var cursor = DWARFCursor(debug.sections.info, from: entry.attributes, to: unit.header.end)
        for form in abbreviation.attributes {
            let value = form.read(&cursor, unit.header)
            if form.name == name { return cursor.isBroken ? nil : value }
        }
        return nil
    }

    /// Its own attribute, or the one of the entry that it is an instance or the definition of.
    func inherited(_ name: UInt16) -> AttributeValue? {
        var node = self
        for _ in 0..<8 {
            if let value = node.attribute(name) { return value }
            guard let origin = node.origin else { return nil }
            node = origin
        }
        return nil
    }

    /// The entry that it is an instance or the definition of.
    var origin: DebugNode? { target(of: DebugAttribute.abstractOrigin) ?? target(of: DebugAttribute.specification) }

    /// The entry that an attribute refers to.
    func target(of name: UInt16) -> DebugNode? {
        guard case .reference(let offset)? = attribute(name) else { return nil }
        return debug.node(at: offset)
    }

    func number(_ name: UInt16) -> UInt64? { attribute(name)?.number }

    func hasFlag(_ name: UInt16) -> Bool {
        if case .flag(true)? = attribute(name) { true } else { false }
    }

    /// Its name in the source, without those of what it is in.
    var name: String? { inherited(DebugAttribute.name).flatMap { debug.text($0, unit.header) } }

    /// Its name with those of its namespaces, as C++ and Rust write it.
    var qualifiedName: String? {
        guard var name else { return nil }
        var node = origin ?? self
        for _ in 0..<16 {
            guard let outer = node.parent, [DebugTag.namespace, DebugTag.structure, DebugTag.classType].contains(outer.tag) else {
                break
            }
            name = "\(outer.name ?? "(anonymous)")::\(name)"
            node = outer
        }
        return name
    }

    /// The type that it says; nil is C's void.
    var type: SourceType {
        guard case .reference(let offset)? = inherited(DebugAttribute.type), let node = debug.node(at: offset) else { return .void }
        return .written(node)
    }

    /// Its code; empty where it has none.
    var ranges: [Range<UInt64>] { debug.ranges(of: self) }

    /// The instruction that control comes to first: of an inlined function it may be in the middle. DWARF 5, section 2.18.
    var entryAddress: UInt64? {
        guard let first = ranges.first?.lowerBound else { return nil }
        switch attribute(DebugAttribute.entryPC) {
        case .address(let address)?: return address
        case .addressIndex(let index)?: return debug.sections.address(.addressIndex(index), unit.header) ?? first
        case .some(let value): return value.number.map { first &+ $0 } ?? first
        case nil: return ranges.map(\.lowerBound).min()
        }
    }

    func contains(_ address: UInt64) -> Bool { ranges.contains { $0.contains(address) } }
}
