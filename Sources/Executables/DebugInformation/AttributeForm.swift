/// The value of an attribute, before anybody knows what it is for. DWARF 5, section 7.5.5.
enum AttributeValue: Sendable {
    case address(UInt64)
    /// Index in the unit's part of `.debug_addr`.
    case addressIndex(UInt64)
    /// A constant of no known sign, its bits, and how many bytes it had.
    case constant(UInt64, size: UInt64)
    case signed(Int64)
    /// A place in a section that the attribute implies.
    case offset(UInt64)
    /// Index of a list of ranges or locations.
    case listIndex(UInt64)
    /// Bytes of `.debug_info`: an expression, or a value.
    case block(Range<UInt64>)
    case flag(Bool)
    /// Offset of an entry in `.debug_info`.
    case reference(UInt64)
    /// Texts in `.debug_info`, `.debug_str`, `.debug_line_str`, and by index in the unit's part of `.debug_str_offsets`.
    case text(UInt64), string(UInt64), lineString(UInt64), stringIndex(UInt64)
    /// Of a form that is not followed: another file's, a type's signature.
    case elsewhere

    /// A number that is no address.
    var number: UInt64? {
        switch self {
        case .constant(let value, _), .offset(let value): value
        case .signed(let value): UInt64(bitPattern: value)
        default: nil
        }
    }
}

/// An attribute of an abbreviation: its name, the form of its values, and the value itself where the form says so (DW_FORM_implicit_const).
struct AttributeForm: Sendable {
    let name: UInt16
    let form: UInt64
    let implicit: Int64

    /// Reads the value where the cursor stands.
    func read(_ cursor: inout DWARFCursor, _ unit: UnitHeader) -> AttributeValue {
        Self.read(form, implicit, &cursor, unit, depth: 0)
    }

    private static func read(
        _ form: UInt64, _ implicit: Int64, _ cursor: inout DWARFCursor, _ unit: UnitHeader, depth: Int
    ) -> AttributeValue {
        switch form {
        case 0x01: return .address(cursor.unsigned(unit.addressSize))
        case 0x0B: return .constant(UInt64(cursor.u8()), size: 1)
        case 0x05: return .constant(UInt64(cursor.u16()), size: 2)
        case 0x06: return .constant(UInt64(cursor.u32()), size: 4)
        case 0x07: return .constant(cursor.u64(), size: 8)
        case 0x0D: return .signed(cursor.sleb())
        case 0x0F: return .constant(cursor.uleb(), size: 8)
        case 0x21: return .signed(implicit)
        case 0x0C: return .flag(cursor.u8() != 0)
        case 0x19: return .flag(true)
        case 0x17: return .offset(UInt64(cursor.u32()))
        case 0x0A: return block(&cursor, UInt64(cursor.u8()))
        case 0x03: return block(&cursor, UInt64(cursor.u16()))
        case 0x04: return block(&cursor, UInt64(cursor.u32()))
        case 0x09, 0x18: return block(&cursor, cursor.uleb())
        case 0x1E: return block(&cursor, 16)
        case 0x11: return .reference(unit.offset &+ UInt64(cursor.u8()))
        case 0x12: return .reference(unit.offset &+ UInt64(cursor.u16()))
        case 0x13: return .reference(unit.offset &+ UInt64(cursor.u32()))
        case 0x14: return .reference(unit.offset &+ cursor.u64())
        case 0x15: return .reference(unit.offset &+ cursor.uleb())
        case 0x10: return .reference(unit.version == 2 ? cursor.unsigned(unit.addressSize) : UInt64(cursor.u32()))
        case 0x08:
            let start = cursor.position
            cursor.skipText()
            return .text(start)
        case 0x0E: return .string(UInt64(cursor.u32()))
        case 0x1F: return .lineString(UInt64(cursor.u32()))
        case 0x1A: return .stringIndex(cursor.uleb())
        case 0x25...0x28: return .stringIndex(cursor.little(form &- 0x24))
        case 0x1B: return .addressIndex(cursor.uleb())
        case 0x29...0x2C: return .addressIndex(cursor.little(form &- 0x28))
        case 0x22, 0x23: return .listIndex(cursor.uleb())
        case 0x16 where depth == 0:
            let form = cursor.uleb()
            return read(form, form == 0x21 ? cursor.sleb() : 0, &cursor, unit, depth: 1)
        case 0x1C, 0x1D, 0x1F20, 0x1F21: cursor.skip(4)
        case 0x20, 0x24: cursor.skip(8)
        // A form of no known size: nothing behind it can be read.
        default: cursor.skip(.max)
        }
        return .elsewhere
    }

    private static func block(_ cursor: inout DWARFCursor, _ count: UInt64) -> AttributeValue {
        let start = cursor.position
        cursor.skip(count)
        return cursor.isBroken ? .elsewhere : .block(start..<start &+ count)
    }
}

/// A kind of entry in `.debug_abbrev`: its tag, whether entries of it have children, and its attributes. Section 7.5.3.
struct Abbreviation: Sendable {
    let tag: UInt16
    let hasChildren: Bool
    let attributes: [AttributeForm]
}

/// The abbreviations that begin at one offset of `.debug_abbrev`, by their codes.
typealias Abbreviations = [UInt64: Abbreviation]

enum AbbreviationReader {
    /// Reads the table at `offset`, and takes the attributes that it has from `budget`. A table that ends early keeps what was there.
    static func read(_ section: Bytes, at offset: UInt64, budget: inout Int) -> Abbreviations {
        var cursor = DWARFCursor(section, from: offset)
        var table: Abbreviations = [:]
        while budget > 0, case let code = cursor.uleb(), code != 0, !cursor.isBroken {
            let tag = UInt16(truncatingIfNeeded: cursor.uleb())
            let hasChildren = cursor.u8() != 0
            var attributes: [AttributeForm] = []
            while budget > 0, !cursor.isBroken {
                let (name, form) = (cursor.uleb(), cursor.uleb())
                budget -= 1
                let implicit = form == 0x21 ? cursor.sleb() : 0
                guard name != 0 || form != 0 else { break }
                attributes.append(AttributeForm(name: UInt16(truncatingIfNeeded: name), form: form, implicit: implicit))
            }
            guard !cursor.isBroken else { break }
            table[code] = Abbreviation(tag: tag, hasChildren: hasChildren, attributes: attributes)
        }
        return table
    }
}
