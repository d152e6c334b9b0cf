/// The cyclic redundancy check of Ethernet, PNG and zip files. ISO 3309; IEEE 802.3, section 3.2.9.
package struct CRC32 {
    private var remainder = UInt32.max

    package init() {}

    package static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var check = CRC32()
        for byte in bytes { check.add(byte) }
        return check.value
    }

    package mutating func add(_ byte: UInt8) {
        remainder = remainder >> 8 ^ CRC32.table[Int(truncatingIfNeeded: (remainder ^ UInt32(byte)) & 0xFF)]
    }

    /// The check of the bytes so far.
    package var value: UInt32 { ~remainder }

    /// The remainders of single bytes; bits go from the lowest up, so the polynomial 04C11DB7h is reversed.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0xEDB8_8320 }
    }
}
