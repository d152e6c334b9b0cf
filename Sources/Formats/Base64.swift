/// Bytes as text of 64 characters (RFC 4648, section 4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The six bits of each character; 255 for those that are none of the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    package static func text(_ bytes: [UInt8]) -> String { String(decoding: characters(bytes), as: UTF8.self) }

    /// The text as ASCII.
    package static func characters(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let bits = part.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - part.count))
            for index in 0..<4 {
                text.append(index <= part.count ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
            }
        }
        return text
    }

    /// Nil where a character is none of the alphabet, or the length is impossible.
    package static func bytes(_ text: String) -> [UInt8]? { bytes(Array(text.utf8)) }

    /// The bytes of a text in ASCII.
    package static func bytes(_ characters: [UInt8]) -> [UInt8]? {
        let content = characters.prefix { $0 != UInt8(ascii: "=") }
        guard characters.count % 4 == 0, characters.count - content.count <= 2,
            characters[content.count...].allSatisfy({ $0 == UInt8(ascii: "=") })
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.count * 3 / 4)
        var (bits, held): (UInt32, UInt32) = (0, 0)
        for character in content {
            let value = values[Int(character)]
            guard value < 64 else { return nil }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> held))
            }
        }
        return bytes
    }
}
