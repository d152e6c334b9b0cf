/// Lists of ranges and of locations. DWARF 5, sections 2.17.3, 2.6.2, 7.25 and 7.29; DWARF 4, sections 2.17.3 and 2.6.2.
extension DebugInformation {
    /// Entries of one list that are read at most.
    private static let longest = 100_000

    /// The code of an entry: DW_AT_low_pc with DW_AT_high_pc, or DW_AT_ranges.
    func ranges(of node: DebugNode) -> [Range<UInt64>] {
        let unit = node.unit.header
        if let list = node.attribute(DebugAttribute.ranges) {
            return entries(list, unit, isLocations: false).compactMap { entry in
                entry.low < entry.high ? entry.low..<entry.high : nil
            }
        }
        guard let low = sections.address(node.attribute(DebugAttribute.lowPC), unit),
            let end = node.attribute(DebugAttribute.highPC)
        else { return [] }
        let high = sections.address(end, unit) ?? low &+ (end.number ?? 0)
        return low < high ? [low..<high] : []
    }

    /// The bytes of the expression that an attribute has for `address`: its only one, or the one of a list.
    func expression(_ value: AttributeValue, at address: UInt64, _ unit: UnitHeader) -> (section: Bytes, range: Range<UInt64>)? {
        if case .block(let range) = value { return (sections.info, range) }
        let section = unit.version >= 5 ? sections.locationLists : sections.locations
        let found = entries(value, unit, isLocations: true)
        let best = found.first { $0.low <= address && address < $0.high && !$0.isDefault } ?? found.first { $0.isDefault }
        return best.map { (section, $0.expression) }
    }

    /// An entry of a list; the range of a default location is empty.
    private struct ListEntry {
        var low: UInt64
        var high: UInt64
        var isDefault = false
        var expression: Range<UInt64> = 0..<0
    }

    private func entries(_ value: AttributeValue, _ unit: UnitHeader, isLocations: Bool) -> [ListEntry] {
        let isNew = unit.version >= 5
        let section =
            isLocations ? isNew ? sections.locationLists : sections.locations : isNew ? sections.rangeLists : sections.ranges
        let start: UInt64
        switch value {
        case .listIndex(let index):
            let base = isLocations ? unit.locationListsBase : unit.rangeListsBase
            guard index < 1 << 32, let distance = section.u32(base &+ 4 &* index) else { return [] }
            start = base &+ UInt64(distance)
        case .offset(let offset), .constant(let offset, _): start = offset
        default: return []
        }
        let cursor = DWARFCursor(section, from: start)
        return isNew ? entries5(cursor, unit, isLocations) : entries4(cursor, unit, isLocations)
    }

    private func entries4(_ cursor: DWARFCursor, _ unit: UnitHeader, _ isLocations: Bool) -> [ListEntry] {
        var cursor = cursor
        var base = unit.lowPC
        var found: [ListEntry] = []
        let most: UInt64 = unit.addressSize == 8 ? .max : 0xFFFF_FFFF
        while found.count < Self.longest {
            let (low, high) = (cursor.unsigned(unit.addressSize), cursor.unsigned(unit.addressSize))
            guard !cursor.isBroken, low != 0 || high != 0 else { break }
            if low == most {
                base = high
                continue
            }
            var entry = ListEntry(low: (base &+ low) & most, high: (base &+ high) & most)
            if isLocations { entry.expression = Self.block(&cursor, UInt64(cursor.u16())) }
            found.append(entry)
        }
        return found
    }

    private func entries5(_ cursor: DWARFCursor, _ unit: UnitHeader, _ isLocations: Bool) -> [ListEntry] {
        var cursor = cursor
        var base = unit.lowPC
        var found: [ListEntry] = []
        while found.count < Self.longest {
            var kind = cursor.u8()
            guard kind != 0, !cursor.isBroken else { break }
            // DW_LLE_default_location is in the middle of codes that ranges have, too.
            if !isLocations, kind >= 5 { kind &+= 1 }
            var entry = ListEntry(low: 0, high: 0)
            switch kind {
            case 1:
                base = sections.address(.addressIndex(cursor.uleb()), unit) ?? 0
                continue
            case 2:
                entry.low = sections.address(.addressIndex(cursor.uleb()), unit) ?? 0
                entry.high = sections.address(.addressIndex(cursor.uleb()), unit) ?? 0
            case 3:
                entry.low = sections.address(.addressIndex(cursor.uleb()), unit) ?? 0
                entry.high = entry.low &+ cursor.uleb()
            case 4:
                entry.low = base &+ cursor.uleb()
                entry.high = base &+ cursor.uleb()
            case 5: entry.isDefault = true
            case 6:
                base = cursor.unsigned(unit.addressSize)
                continue
            case 7:
                entry.low = cursor.unsigned(unit.addressSize)
                entry.high = cursor.unsigned(unit.addressSize)
            case 8:
                entry.low = cursor.unsigned(unit.addressSize)
                entry.high = entry.low &+ cursor.uleb()
            default: return found
            }
            if isLocations { entry.expression = Self.block(&cursor, cursor.uleb()) }
            guard !cursor.isBroken else { break }
            found.append(entry)
        }
        return found
    }

    private static func block(_ cursor: inout DWARFCursor, _ count: UInt64) -> Range<UInt64> {
        let start = cursor.position
        cursor.skip(count)
        return cursor.isBroken ? 0..<0 : start..<start &+ count
    }
}
