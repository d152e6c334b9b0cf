import Formats

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
                    let part = Base64.bytes(Array(content)) ?? []
                    bytes += part
                    lineLength = part.count
                }
            }
            return bytes
        }
    }
}
