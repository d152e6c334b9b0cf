/// Reads DWARF's encodings one after the other. A read beyond the end makes `isBroken` true and answers 0, so that damaged debug
/// information ends a table and never the program.
struct DWARFCursor {
    let bytes: Bytes
    var position: UInt64
    let end: UInt64
    private(set) var isBroken = false

    init(_ bytes: Bytes, from position: UInt64 = 0, to end: UInt64? = nil) {
        self.bytes = bytes
        self.position = position
        self.end = min(end ?? bytes.count, bytes.count)
    }

    var isAtEnd: Bool { isBroken || position >= end }

    mutating func u8() -> UInt8 { read(1) { $0.u8($1) } }
    mutating func u16() -> UInt16 { read(2) { $0.u16($1) } }
    mutating func u32() -> UInt32 { read(4) { $0.u32($1) } }
    mutating func u64() -> UInt64 { read(8) { $0.u64($1) } }

    private mutating func read<T: FixedWidthInteger>(_ size: UInt64, _ get: (Bytes, UInt64) -> T?) -> T {
        guard !isBroken, position <= end, end &- position >= size, let value = get(bytes, position) else {
            isBroken = true
            return 0
        }
        position &+= size
        return value
    }

    /// An unsigned number of 1, 2, 4 or 8 bytes.
    mutating func unsigned(_ size: UInt64) -> UInt64 {
        switch size {
        case 1: UInt64(u8())
        case 2: UInt64(u16())
        case 4: UInt64(u32())
        case 8: u64()
        default: broken()
        }
    }

    /// An unsigned number of 1 to 4 bytes.
    mutating func little(_ size: UInt64) -> UInt64 {
        (0..<size).reduce(0) { value, byte in value | UInt64(u8()) &<< (8 &* byte) }
    }

    private mutating func broken() -> UInt64 {
        isBroken = true
        return 0
    }

    /// A number of which each byte has seven bits, the lowest first, its width in bits, and the last byte. DWARF 5, section 7.6.
    @inline(__always)
    private mutating func leb() -> (value: UInt64, width: UInt64, last: UInt8) {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = u8()
            if shift < 64 { value |= UInt64(byte & 0x7F) &<< shift }
            shift &+= 7
            if byte & 0x80 == 0 || isBroken { return (value, shift, byte) }
        }
    }

    mutating func uleb() -> UInt64 { leb().value }

    /// Bit 6 of the last byte is the sign.
    mutating func sleb() -> Int64 {
        let (value, width, last) = leb()
        return Int64(bitPattern: last & 0x40 != 0 && width < 64 ? value | UInt64.max &<< width : value)
    }

    mutating func text() -> String {
        let text = bytes.text(position, limit: 4096) ?? ""
        skip(UInt64(text.utf8.count) &+ 1)
        return text
    }

    /// Passes a text and the zero behind it.
    mutating func skipText() {
        while u8() != 0, !isBroken {}
    }

    mutating func skip(_ count: UInt64) {
        guard end &- min(position, end) >= count else {
            isBroken = true
            return
        }
        position &+= count
    }
}
