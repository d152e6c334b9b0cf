import Wiring

extension PixelFrame {
    /// The picture for terminals that know kitty's graphics protocol ("The terminal graphics protocol"): a PNG in base 64, in pieces, shown at the cursor over
    /// `columns` × `rows` cells in place of the one before.
    func kitty(columns: Int, rows: Int) -> [UInt8] {
        let data = Self.base64(PNG)
        var output: [UInt8] = []
        var position = 0
        while position < data.count {
            let end = min(position + 4096, data.count)
            let more = end < data.count ? 1 : 0
            let control = position == 0 ? "a=T,f=100,i=1,p=1,q=2,C=1,c=\(columns),r=\(rows),m=\(more)" : "m=\(more)"
            output += Array("\u{1B}_G\(control);".utf8) + data[position..<end] + Array("\u{1B}\\".utf8)
            position = end
        }
        return output
    }

    /// RFC 4648, section 4.
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var value: UInt32 = 0
            for index in 0..<3 { value = value << 8 | (start + index < bytes.count ? UInt32(bytes[start + index]) : 0) }
            for index in 0..<4 {
                output.append(index <= group.count ? alphabet[Int(value >> UInt32(18 - 6 * index) & 0x3F)] : UInt8(ascii: "="))
            }
        }
        return output
    }
}
