import Wiring

extension PixelFrame {
    /// The picture as sixel graphics (DEC STD 070, "Sixel Graphics Extension"): 256 colours at most. Frames with more are brought to three bits of red and green
    /// and two of blue.
    var sixels: [UInt8] {
        let (codes, palette) = indexed()
        var output = Array("\u{1B}P0;1q\"1;1;\(width);\(height)".utf8)
        for (index, colour) in palette.enumerated() {
            // Components in percent.
            func percent(_ value: UInt8) -> Int { (Int(value) * 100 + 127) / 255 }
            output += Array("#\(index);2;\(percent(colour.red));\(percent(colour.green));\(percent(colour.blue))".utf8)
        }
        for top in stride(from: 0, to: height, by: 6) {
            let rows = min(6, height - top)
            // The six rows of each colour that occurs, one over the other.
            var bits: [UInt8: [UInt8]] = [:]
            for row in 0..<rows {
                for x in 0..<width {
                    bits[codes[(top + row) * width + x], default: [UInt8](repeating: 0, count: width)][x] |= 1 << UInt8(row)
                }
            }
            for code in bits.keys.sorted() {
                output += Array("#\(code)".utf8)
                Self.appendRuns(of: bits[code] ?? [], to: &output)
                output.append(UInt8(ascii: "$"))
            }
            output.append(UInt8(ascii: "-"))
        }
        return output + Array("\u{1B}\\".utf8)
    }

    /// Sixels with repetitions counted: "!5~" for five of a kind.
    private static func appendRuns(of sixels: [UInt8], to output: inout [UInt8]) {
        var index = 0
        while index < sixels.count {
            var end = index + 1
            while end < sixels.count, sixels[end] == sixels[index] { end += 1 }
            let character = sixels[index] + 0x3F
            if end - index > 3 {
                output += Array("!\(end - index)".utf8) + [character]
            } else {
                output += [UInt8](repeating: character, count: end - index)
            }
            index = end
        }
    }

    /// A code for each dot, and the colours of the codes.
    private func indexed() -> ([UInt8], [RGB]) {
        var codes = [UInt8](repeating: 0, count: width * height)
        var numbers: [UInt32: UInt8] = [:]
        var palette: [RGB] = []
        for dot in codes.indices {
            let red = bytes[3 * dot], green = bytes[3 * dot + 1], blue = bytes[3 * dot + 2]
            let key = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
            if let number = numbers[key] {
                codes[dot] = number
            } else if palette.count < 256 {
                codes[dot] = UInt8(palette.count)
                numbers[key] = UInt8(palette.count)
                palette.append(RGB(red, green, blue))
            } else {
                return coarse()
            }
        }
        return (codes, palette)
    }

    /// Three bits of red and green, two of blue, with the error spread over neighbours by a fixed pattern (ordered dithering).
    private func coarse() -> ([UInt8], [RGB]) {
        let pattern = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]
        func level(_ value: UInt8, of levels: Int, _ threshold: Int) -> Int {
            (Int(value) * (levels - 1) * 16 + threshold * 255) / (255 * 16)
        }
        let codes = (0..<width * height).map { (dot: Int) -> UInt8 in
            let threshold = pattern[dot / width % 4 * 4 + dot % width % 4]
            let red = level(bytes[3 * dot], of: 8, threshold), green = level(bytes[3 * dot + 1], of: 8, threshold)
            return UInt8(red << 5 | green << 2 | level(bytes[3 * dot + 2], of: 4, threshold))
        }
        let palette = (0...255).map { (code: Int) -> RGB in
            let red = code >> 5, green = code >> 2 & 7, blue = code & 3
            return RGB(UInt8(red * 255 / 7), UInt8(green * 255 / 7), UInt8(blue * 85))
        }
        return (codes, palette)
    }
}
