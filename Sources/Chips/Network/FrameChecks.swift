import Formats

/// The sums by which networks find damage: the Internet checksum of RFC 1071, and Ethernet's frame check sequence.
enum FrameChecks {
    /// The 16-bit one's complement sum of `bytes`, big-endian, an odd last byte being the upper half of a word; not yet complemented.
    static func sum(_ bytes: ArraySlice<UInt8>, from start: UInt32 = 0) -> UInt16 {
        var sum = UInt64(start)
        var isHigh = true
        for byte in bytes {
            sum &+= isHigh ? UInt64(byte) << 8 : UInt64(byte)
            isHigh.toggle()
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF &+ sum >> 16 }
        return UInt16(truncatingIfNeeded: sum)
    }

    /// The sum of the pseudo-header that TCP and UDP over IPv4 have before them. `packet` begins with the IPv4 header. RFC 9293, section 3.1.
    static func pseudoHeader(_ packet: ArraySlice<UInt8>, length: Int) -> UInt32 {
        let start = packet.startIndex
        return UInt32(sum(packet[start + 12..<start + 20])) + UInt32(packet[start + 9]) + UInt32(truncatingIfNeeded: length)
    }

    /// CRC-32 of IEEE 802.3, section 3.2.9, as the four bytes that follow a frame, the first one in the low byte.
    static func sequence(_ frame: [UInt8]) -> UInt32 { CRC32.of(frame) }
}

extension Array where Element == UInt8 {
    /// A big-endian word at `offset`, which lies inside.
    func word(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }

    mutating func setWord(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(value >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// A big-endian doubleword at `offset`, which lies inside.
    func doubleword(at offset: Int) -> UInt32 { UInt32(word(at: offset)) << 16 | UInt32(word(at: offset + 2)) }

    mutating func setDoubleword(_ value: UInt32, at offset: Int) {
        setWord(UInt16(value >> 16), at: offset)
        setWord(UInt16(truncatingIfNeeded: value), at: offset + 2)
    }
}
