/// Reads the parts of a packet from left to right.
struct PacketCursor {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }
    /// Everything that was not read yet.
    var rest: [UInt8] { Array(bytes[position...]) }
    var next: UInt8? { isAtEnd ? nil : bytes[position] }

    /// Passes over `text`, if it is next.
    mutating func skip(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard bytes[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    mutating func byte() -> UInt8? {
        guard let next else { return nil }
        position += 1
        return next
    }

    /// Hexadecimal digits, the most significant first: one to sixteen of them.
    mutating func number() -> UInt64? {
        var value: UInt64 = 0
        var count = 0
        while let digit = next.flatMap(hexDigit) {
            count += 1
            guard count <= 16 else { return nil }
            value = value << 4 | UInt64(digit)
            position += 1
        }
        return count > 0 ? value : nil
    }

    /// `number,number`.
    mutating func pair() -> (UInt64, UInt64)? {
        guard let first = number(), skip(","), let second = number() else { return nil }
        return (first, second)
    }

    /// All that is left, as two digits a byte.
    mutating func hexBytes() -> [UInt8]? { Self.bytes(fromHex: rest) }

    static func bytes(fromHex digits: [UInt8]) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = hexDigit(digits[index]), let low = hexDigit(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
