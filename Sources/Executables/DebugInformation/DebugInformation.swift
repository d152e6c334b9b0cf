import Synchronization

/// A compiler's notes about a program for debuggers: functions, variables and types. DWARF, versions 2 to 5.
///
/// Units are read when something in them is asked for. Not read: 64-bit DWARF, compressed sections, units of types, split files. Everything that a file
/// could make large has a bound; damage makes less known.
public final class DebugInformation: Sendable {
    let sections: DebugSections
    /// By rising offset.
    let headers: [UnitHeader]
    private let abbreviations: [UInt64: Abbreviations]
    private let units = Mutex<Units>(Units())
    private let code = Once<[(range: Range<UInt64>, unit: Int)]>()
    private let names = Once<DebugNames>()
    /// Index of a unit's first file in the table of files, by the unit's offset in `.debug_line`.
    let firstFiles: [UInt64: Int]

    /// Units that were read, and how many entries may still be.
    private struct Units {
        var read: [Int: DebugUnit] = [:]
        var room = 4_000_000
    }

    private static let mostUnits = 100_000
    private static let mostAttributes = 2_000_000

    init(_ elf: ELFFile, firstFiles: [UInt64: Int]) {
        let sections = DebugSections(elf)
        self.sections = sections
        self.firstFiles = firstFiles
        var headers: [UnitHeader] = []
        var tables: [UInt64: Abbreviations] = [:]
        var budget = Self.mostAttributes
        var position: UInt64? = 0
        while let offset = position, headers.count < Self.mostUnits {
            if var header = UnitHeader(sections.info, at: offset) {
                let table =
                    tables[header.abbreviations]
                    ?? AbbreviationReader.read(sections.abbreviations, at: header.abbreviations, budget: &budget)
                tables[header.abbreviations] = table
                header.readBases(table, sections)
                headers.append(header)
            }
            position = UnitHeader.next(sections.info, behind: offset)
        }
        abbreviations = tables
        self.headers = headers
    }

    /// There is none.
    public var isEmpty: Bool { headers.isEmpty }

    // MARK: Entries

    /// A unit with its entries; empty once too many were read.
    func unit(_ index: Int) -> DebugUnit {
        units.withLock { units in
            if let known = units.read[index] { return known }
            let header = headers[index]
            let unit = DebugUnit(header, abbreviations[header.abbreviations] ?? [:], sections.info, limit: units.room)
            units.room -= unit.entries.count
            units.read[index] = unit
            return unit
        }
    }

    /// The entry at an offset of `.debug_info`.
    func node(at offset: UInt64) -> DebugNode? {
        var (low, high) = (0, headers.count)
        while low < high {
            let middle = (low + high) / 2
            if headers[middle].offset <= offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0, offset < headers[low - 1].end, case let unit = unit(low - 1), let index = unit.index(at: offset) else {
            return nil
        }
        return DebugNode(debug: self, unit: unit, index: index)
    }

    func text(_ value: AttributeValue, _ unit: UnitHeader) -> String? {
        switch value {
        case .text(let offset): return sections.info.text(offset)
        case .string(let offset): return sections.strings.text(offset)
        case .lineString(let offset): return sections.lineStrings.text(offset)
        case .stringIndex(let index):
            guard index < 1 << 32 else { return nil }
            return sections.stringOffsets.u32(unit.stringOffsetsBase &+ 4 &* index).flatMap { sections.strings.text(UInt64($0)) }
        default: return nil
        }
    }

    // MARK: Code

    /// The code of the units, with their indices. A unit that does not say where its code is stands for all addresses.
    private func ranges() -> [(range: Range<UInt64>, unit: Int)] {
        headers.indices.flatMap { index -> [(range: Range<UInt64>, unit: Int)] in
            let header = headers[index]
            let root = DebugUnit(header, abbreviations[header.abbreviations] ?? [:], sections.info, limit: 1)
            guard !root.entries.isEmpty else { return [] }
            let own = DebugNode(debug: self, unit: root, index: 0).ranges
            return own.isEmpty ? [(0..<UInt64.max, index)] : own.map { ($0, index) }
        }
    }

    /// The function whose code holds `address`.
    func function(at address: UInt64) -> DebugNode? {
        for place in code.value(ranges) where place.range.contains(address) {
            let unit = unit(place.unit)
            for (index, entry) in unit.entries.enumerated() where entry.tag == DebugTag.subprogram {
                let node = DebugNode(debug: self, unit: unit, index: index)
                if node.contains(address) { return node }
            }
        }
        return nil
    }

    // MARK: Names

    /// All enumerations of the file's own scope.
    var enumerations: [DebugNode] {
        names.value { DebugNames(self) }.enumerations.map { DebugNode(debug: self, unit: unit(Int($0.unit)), index: Int($0.entry)) }
    }

    /// The entries of the file's own scope that have a name; one with `::` names its namespaces, too.
    func nodes(_ kind: KeyPath<DebugNames, [String: [DebugNames.Place]]>, named name: String) -> [DebugNode] {
        let names = names.value { DebugNames(self) }
        let last = name.split(separator: ":").last.map(String.init) ?? name
        // A template's instances have their arguments behind the name.
        let places =
            names[keyPath: kind][last]
            ?? (last.contains("<") ? [] : names[keyPath: kind].filter { $0.key.hasPrefix(last + "<") }.values.flatMap { $0 })
        let nodes = places.map {
            DebugNode(debug: self, unit: unit(Int($0.unit)), index: Int($0.entry))
        }
        guard name.contains("::") else { return nodes }
        return nodes.filter { node in
            guard let whole = node.qualifiedName else { return false }
            return whole == name || whole.hasSuffix("::" + name) || whole.hasPrefix(name + "<")
        }
    }
}

/// The places of functions, variables and types of a whole file, by their names.
struct DebugNames: Sendable {
    struct Place: Sendable {
        let unit: Int32
        let entry: Int32
    }

    private(set) var functions: [String: [Place]] = [:]
    private(set) var variables: [String: [Place]] = [:]
    private(set) var types: [String: [Place]] = [:]
    /// Enumerations with and without names.
    private(set) var enumerations: [Place] = []

    private static let typeTags: Set<UInt16> = [
        DebugTag.structure, DebugTag.union, DebugTag.classType, DebugTag.enumeration, DebugTag.typedef, DebugTag.base,
    ]

    init(_ debug: DebugInformation) {
        for number in debug.headers.indices {
            let unit = debug.unit(number)
            var index = 1
            while index < unit.entries.count {
                let entry = unit.entries[index]
                let place = Place(unit: Int32(number), entry: Int32(index))
                // What is inside of functions belongs to them; namespaces and classes are gone into.
                let isOpen = [DebugTag.namespace, DebugTag.structure, DebugTag.classType].contains(entry.tag)
                let node = DebugNode(debug: debug, unit: unit, index: index)
                if entry.tag == DebugTag.enumeration { enumerations.append(place) }
                if entry.tag == DebugTag.subprogram || entry.tag == DebugTag.variable || Self.typeTags.contains(entry.tag),
                    !node.hasFlag(DebugAttribute.declaration), let name = node.name
                {
                    if entry.tag == DebugTag.subprogram {
                        functions[name, default: []].append(place)
                    } else if entry.tag == DebugTag.variable {
                        variables[name, default: []].append(place)
                    } else {
                        types[name, default: []].append(place)
                    }
                }
                index = isOpen ? index + 1 : Int(entry.end)
            }
        }
    }
}
