/// A compilation unit of `.debug_info`: its header, and what its first entry says about the whole. DWARF 5, section 7.5.1.
struct UnitHeader: Sendable {
    /// The place where it begins, where it ends, and where its first entry is, in `.debug_info`.
    let offset: UInt64
    let end: UInt64
    let first: UInt64
    let version: UInt16
    let addressSize: UInt64
    /// Of its table in `.debug_abbrev`.
    let abbreviations: UInt64

    // Of the first entry.
    var lowPC: UInt64 = 0
    var statementList: UInt64?
    var stringOffsetsBase: UInt64 = 8
    var addressBase: UInt64 = 8
    var rangeListsBase: UInt64 = 0
    var locationListsBase: UInt64 = 0

    /// The header at `offset`, or nil for the end, 64-bit DWARF, an unknown version, and units of types.
    init?(_ info: Bytes, at offset: UInt64) {
        guard let length = info.u32(offset), length < 0xFFFF_FFF0 else { return nil }
        self.offset = offset
        end = min(offset &+ 4 &+ UInt64(length), info.count)
        var cursor = DWARFCursor(info, from: offset &+ 4, to: end)
        version = cursor.u16()
        var kind: UInt8 = 1
        if version >= 5 {
            kind = cursor.u8()
            addressSize = UInt64(cursor.u8())
            abbreviations = UInt64(cursor.u32())
            // DW_UT_skeleton and DW_UT_split_compile have an identity of 8 bytes.
            if kind == 4 || kind == 5 { cursor.skip(8) }
        } else {
            abbreviations = UInt64(cursor.u32())
            addressSize = UInt64(cursor.u8())
        }
        first = cursor.position
        guard !cursor.isBroken, (2...5).contains(version), [1, 3, 4, 5].contains(kind), addressSize == 4 || addressSize == 8 else {
            return nil
        }
    }

    /// Tells where the unit behind one at `offset` begins, whatever that one is; nil at the end.
    static func next(_ info: Bytes, behind offset: UInt64) -> UInt64? {
        guard let length = info.u32(offset), length < 0xFFFF_FFF0 else { return nil }
        return offset &+ 4 &+ UInt64(length)
    }

    /// Takes from the first entry what the others are relative to.
    mutating func readBases(_ abbreviations: Abbreviations, _ sections: DebugSections) {
        var cursor = DWARFCursor(sections.info, from: first, to: end)
        guard let abbreviation = abbreviations[cursor.uleb()] else { return }
        var low: AttributeValue?
        for form in abbreviation.attributes {
            let value = form.read(&cursor, self)
            switch form.name {
            case DebugAttribute.lowPC: low = value
            case DebugAttribute.statementList: statementList = value.number
            case DebugAttribute.stringOffsetsBase: stringOffsetsBase = value.number ?? 8
            case DebugAttribute.addressBase: addressBase = value.number ?? 8
            case DebugAttribute.rangeListsBase: rangeListsBase = value.number ?? 0
            case DebugAttribute.locationListsBase: locationListsBase = value.number ?? 0
            default: break
            }
        }
        lowPC = sections.address(low, self) ?? 0
    }
}
