/// Boot information under construction: numbers, texts and the addresses between them.
struct InformationBlob {
    private(set) var bytes: [UInt8] = []
    /// Physical address of the first byte.
    let base: UInt64

    init(base: UInt64) { self.base = base }

    /// Physical address of the next byte.
    var address: UInt64 { base &+ UInt64(bytes.count) }

    mutating func u8(_ value: UInt8) { bytes.append(value) }
    mutating func u16(_ value: UInt16) { append(UInt64(value), 2) }
    mutating func u32(_ value: UInt64) { append(value, 4) }
    mutating func u64(_ value: UInt64) { append(value, 8) }

    private mutating func append(_ value: UInt64, _ count: Int) {
        for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value &>> UInt64(8 &* byte))) }
    }

    mutating func text(_ text: String) {
        bytes += text.utf8
        bytes.append(0)
    }

    mutating func append(_ more: [UInt8]) { bytes += more }

    /// Zeros up to the next multiple of `alignment`.
    mutating func align(_ alignment: Int) {
        while bytes.count % alignment != 0 { bytes.append(0) }
    }

    /// Replaces the doubleword at `offset`.
    mutating func set(_ value: UInt64, at offset: Int) {
        for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value &>> UInt64(8 &* byte)) }
    }
}
