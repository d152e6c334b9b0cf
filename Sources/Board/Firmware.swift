/// The firmware that is part of the program: the image of `firmware/bios.bin`, kept as text because the compiler takes seconds for
/// 64 KB of array literal and none for a string.
public enum Firmware {
    /// The built-in BIOS, 64 KB.
    public static let builtIn: [UInt8] = decode(encodedImage)

    /// Lines of base64; a line "*N" repeats the bytes of the line before N more times.
    static func decode(_ text: StaticString) -> [UInt8] {
        text.withUTF8Buffer { characters in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(0x1_0000)
            var lineLength = 0
            for line in characters.split(separator: UInt8(ascii: "\n")) {
                let content = line.drop { $0 == UInt8(ascii: " ") }
                if content.first == UInt8(ascii: "*") {
                    let repetitions = content.dropFirst().reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
                    let last = Array(bytes.suffix(lineLength))
                    for _ in 0..<repetitions { bytes += last }
                } else {
                    let start = bytes.count
                    decodeBase64(content, into: &bytes)
                    lineLength = bytes.count - start
                }
            }
            return bytes
        }
    }

    /// RFC 4648, section 4.
    private static func decodeBase64(_ text: Slice<UnsafeBufferPointer<UInt8>>, into bytes: inout [UInt8]) {
        var bits: UInt32 = 0
        var count = 0
        for character in text {
            guard let value = sextet(character) else { break }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
    }

    private static func sextet(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
