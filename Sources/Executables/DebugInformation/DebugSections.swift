/// The sections of a file that hold DWARF. A section that is not there is empty.
struct DebugSections: Sendable {
    let info, abbreviations, strings, lineStrings, stringOffsets, addresses: Bytes
    /// Lists of ranges and of locations: of version 5, and of the versions before.
    let rangeLists, ranges, locationLists, locations: Bytes
    let is64Bit: Bool

    init(_ elf: ELFFile) {
        func section(_ name: String) -> Bytes { elf.contents(of: name) ?? Bytes([]) }
        info = section(".debug_info")
        abbreviations = section(".debug_abbrev")
        strings = section(".debug_str")
        lineStrings = section(".debug_line_str")
        stringOffsets = section(".debug_str_offsets")
        addresses = section(".debug_addr")
        rangeLists = section(".debug_rnglists")
        ranges = section(".debug_ranges")
        locationLists = section(".debug_loclists")
        locations = section(".debug_loc")
        is64Bit = elf.fileClass == .bits64
    }

    /// The address that an attribute has, itself or by index in the unit's part of `.debug_addr`.
    func address(_ value: AttributeValue?, _ unit: UnitHeader) -> UInt64? {
        switch value {
        case .address(let address)?: return address
        case .addressIndex(let index)? where index < 1 << 32:
            let at = unit.addressBase &+ index &* unit.addressSize
            return unit.addressSize == 8 ? addresses.u64(at) : addresses.u32(at).map { UInt64($0) }
        default: return nil
        }
    }
}

/// Codes of DWARF 5, section 7.5.3, table 7.3, as far as they are looked at.
enum DebugTag {
    static let array: UInt16 = 0x01
    static let classType: UInt16 = 0x02
    static let enumeration: UInt16 = 0x04
    static let parameter: UInt16 = 0x05
    static let lexicalBlock: UInt16 = 0x0B
    static let member: UInt16 = 0x0D
    static let pointer: UInt16 = 0x0F
    static let reference: UInt16 = 0x10
    static let compileUnit: UInt16 = 0x11
    static let structure: UInt16 = 0x13
    static let subroutineType: UInt16 = 0x15
    static let typedef: UInt16 = 0x16
    static let union: UInt16 = 0x17
    static let variant: UInt16 = 0x19
    static let inheritance: UInt16 = 0x1C
    static let inlinedSubroutine: UInt16 = 0x1D
    static let subrange: UInt16 = 0x21
    static let base: UInt16 = 0x24
    static let const: UInt16 = 0x26
    static let enumerator: UInt16 = 0x28
    static let subprogram: UInt16 = 0x2E
    static let variantPart: UInt16 = 0x33
    static let variable: UInt16 = 0x34
    static let volatile: UInt16 = 0x35
    static let restrict: UInt16 = 0x37
    static let namespace: UInt16 = 0x39
    static let rvalueReference: UInt16 = 0x42
    static let atomic: UInt16 = 0x47
}

/// Codes of table 7.5.
enum DebugAttribute {
    static let location: UInt16 = 0x02
    static let name: UInt16 = 0x03
    static let byteSize: UInt16 = 0x0B
    static let statementList: UInt16 = 0x10
    static let lowPC: UInt16 = 0x11
    static let highPC: UInt16 = 0x12
    static let discriminant: UInt16 = 0x15
    static let discriminantValue: UInt16 = 0x16
    static let constantValue: UInt16 = 0x1C
    static let upperBound: UInt16 = 0x2F
    static let abstractOrigin: UInt16 = 0x31
    static let artificial: UInt16 = 0x34
    static let count: UInt16 = 0x37
    static let memberLocation: UInt16 = 0x38
    static let declaration: UInt16 = 0x3C
    static let encoding: UInt16 = 0x3E
    static let external: UInt16 = 0x3F
    static let frameBase: UInt16 = 0x40
    static let specification: UInt16 = 0x47
    static let type: UInt16 = 0x49
    static let entryPC: UInt16 = 0x52
    static let ranges: UInt16 = 0x55
    static let callFile: UInt16 = 0x58
    static let callLine: UInt16 = 0x59
    static let bitSize: UInt16 = 0x0D
    static let bitOffset: UInt16 = 0x0C
    static let dataBitOffset: UInt16 = 0x6B
    static let linkageName: UInt16 = 0x6E
    static let stringOffsetsBase: UInt16 = 0x72
    static let addressBase: UInt16 = 0x73
    static let rangeListsBase: UInt16 = 0x74
    static let locationListsBase: UInt16 = 0x8C
}
