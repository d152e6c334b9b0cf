/// Puts replies to gdb into packets. "Debugging with GDB", appendix E.1.
public enum PacketWriter {
    /// `$body#checksum`, with escapes, and runs of one character shortened.
    public static func packet(_ body: some Sequence<UInt8>) -> [UInt8] {
        let coded = runLengthCoded(escaped(body))
        let sum = coded.reduce(UInt8(0), &+)
        return [UInt8(ascii: "$")] + coded + [UInt8(ascii: "#")] + hex([sum])
    }

    /// Puts a text into a packet.
    public static func packet(_ text: String) -> [UInt8] { packet(Array(text.utf8)) }

    /// `# $ * }` do not occur in a reply as they are.
    static func escaped(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var escaped: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "*"), UInt8(ascii: "}"):
                escaped += [UInt8(ascii: "}"), byte ^ 0x20]
            default: escaped.append(byte)
            }
        }
        return escaped
    }

    /// `X*n` is X and n - 29 more of it, n a printable character. Runs of fewer than four are not worth it; `#`, `$`, `+` and `-` may not stand
    /// for a count.
    static func runLengthCoded(_ bytes: [UInt8]) -> [UInt8] {
        var coded: [UInt8] = []
        coded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            var run = 1
            while index + run < bytes.count, bytes[index + run] == byte, run <= 97 { run += 1 }
            // An escape and the byte behind it stay together.
            if run < 4 || byte == UInt8(ascii: "}") || (index > 0 && bytes[index - 1] == UInt8(ascii: "}")) {
                coded.append(byte)
                index += 1
                continue
            }
            var more = run - 1
            while [UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "+"), UInt8(ascii: "-")].contains(UInt8(more + 29)) {
                more -= 1
            }
            coded += [byte, UInt8(ascii: "*"), UInt8(more + 29)]
            index += more + 1
        }
        return coded
    }

    /// Two lower-case digits a byte.
    public static func hex(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}
