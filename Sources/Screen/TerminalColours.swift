import Wiring

extension TerminalPainter.Colours {
    /// The parameters of SGR that select a colour for the characters.
    func foreground(_ colour: RGB) -> String {
        switch self {
        case .exact: "38;2;\(colour.red);\(colour.green);\(colour.blue)"
        case .cube: "38;5;\(Self.cubeIndex(colour))"
        case .sixteen: "\(Self.nearest(colour, dark: 30, bright: 90))"
        }
    }

    /// The escape sequence for the colour behind characters.
    func background(_ colour: RGB) -> String {
        switch self {
        case .exact: "48;2;\(colour.red);\(colour.green);\(colour.blue)"
        case .cube: "48;5;\(Self.cubeIndex(colour))"
        case .sixteen: "\(Self.nearest(colour, dark: 40, bright: 100))"
        }
    }

    /// xterm's 256 colours: 16 to 231 are a cube of six levels, 232 to 255 greys.
    static func cubeIndex(_ colour: RGB) -> Int {
        let levels = [0, 95, 135, 175, 215, 255]
        func level(_ value: UInt8) -> Int { value < 48 ? 0 : value < 115 ? 1 : (Int(value) - 35) / 40 }
        let red = level(colour.red), green = level(colour.green), blue = level(colour.blue)
        let mean = (Int(colour.red) + Int(colour.green) + Int(colour.blue)) / 3
        let grey = min(max((mean - 3) / 10, 0), 23), shade = 8 + 10 * grey
        func distance(_ r: Int, _ g: Int, _ b: Int) -> Int {
            let dr = r - Int(colour.red), dg = g - Int(colour.green), db = b - Int(colour.blue)
            return dr * dr + dg * dg + db * db
        }
        let isGrey = distance(shade, shade, shade) < distance(levels[red], levels[green], levels[blue])
        return isGrey ? 232 + grey : 16 + 36 * red + 6 * green + blue
    }

    /// The nearest of the CGA's sixteen colours, as ECMA-48 numbers them.
    private static func nearest(_ colour: RGB, dark: Int, bright: Int) -> Int {
        let distances = RGB.standardPalette.map { other in
            let dr = Int(other.red) - Int(colour.red), dg = Int(other.green) - Int(colour.green),
                db = Int(other.blue) - Int(colour.blue)
            return dr * dr + dg * dg + db * db
        }
        let code = distances.indices.min { distances[$0] < distances[$1] } ?? 0
        return (code < 8 ? dark : bright) + TerminalPainter.order[code & 7]
    }
}
