import Wiring

/// Draws characters with the fonts in plane 2: what the attribute controller makes of codes and attributes, as numbers of DAC entries.
struct TextPainter {
    private let vga: VGA
    private let registers: VGARegisters
    private let scan: VGAScan
    private let dots: Int
    private let palette: [UInt8]
    private let cursorLines: ClosedRange<Int>?
    private let blinkIsOff: Bool
    /// The places in plane 2 where the fonts for a clear and a set bit 3 of the attribute start.
    private let fonts: (clear: Int, set: Int)

    init(_ vga: VGA) {
        self.vga = vga
        registers = vga.registers
        scan = VGAScan(registers)
        dots = registers.dotsPerCharacter
        palette = (0..<16).map { vga.DACIndex(of: $0) }
        let frame = vga.timing.frame(vga.clock)
        cursorLines = frame / 16 % 2 == 0 ? registers.cursorScanLines : nil
        blinkIsOff = frame / 32 % 2 == 1
        let select = Int(registers.sequencer[3])
        fonts = (Self.offset(select & 3 | select >> 2 & 4), Self.offset(select >> 2 & 3 | select >> 3 & 4))
    }

    private static func offset(_ map: Int) -> Int { (map & 3) * 0x4000 + (map >> 2) * 0x2000 }

    /// The codes of a line's dots, one character more than is shown.
    mutating func draw(_ line: VGAScan.Line, into codes: inout [UInt8]) {
        let mode = registers.attribute[0x10]
        let underline = Int(registers.CRTC[0x14] & 0x1F)
        let hasCursor = cursorLines?.contains(line.row) == true
        var position = 0
        for index in 0...registers.displayedCharacters {
            let cell = vga.cells[scan.cellOffset(line.counter, index, row: line.row)]
            let character = Int(cell & 0xFF), attribute = UInt8(truncatingIfNeeded: cell >> 8)
            let font = attribute & 0x08 != 0 ? fonts.set : fonts.clear
            var glyph = UInt16(vga.cells[font &+ 32 &* character &+ line.row] >> 16 & 0xFF) << 1
            // The ninth dot repeats the eighth in the line-drawing characters.
            if mode & 0x04 != 0, (0xC0...0xDF).contains(character) { glyph |= glyph >> 1 & 1 }
            var foreground = attribute & 0x0F, background = attribute >> 4
            if mode & 0x08 != 0 {
                background &= 0x07
                if attribute & 0x80 != 0, blinkIsOff { foreground = background }
            }
            let isUnderlined = attribute & 0x77 == 0x01 && line.row == underline
            let isCursor = hasCursor && (line.counter + index) & 0xFFFF == registers.cursorAddress
            if isUnderlined || isCursor { glyph = 0x1FF }
            let front = palette[Int(foreground)], back = palette[Int(background)]
            var bit: UInt16 = 0x100
            for dot in position..<position + dots {
                codes[dot] = glyph & bit != 0 ? front : back
                bit >>= 1
            }
            position += dots
        }
    }
}
