import Wiring

/// The screen as dots.
extension VGA {
    /// The picture on the monitor, text drawn with the font in plane 2. One pixel for each dot and scan line: 720 × 400 in mode 3,
    /// 640 × 400 in mode 13h. Black while the screen is blank.
    public func pixelFrame() -> PixelFrame {
        let scale = registers.dotClockIsHalved ? 2 : 1
        let characters = registers.displayedCharacters, dots = registers.dotsPerCharacter
        let width = characters * dots * scale, lines = VGAScan(registers).lines()
        var frame = PixelFrame(width: width, height: lines.count, bytes: [UInt8](repeating: 0, count: 3 * width * lines.count))
        guard !isBlanked, registers.CRTC[0x06] != 0 else { return frame }
        let colours = (0...255).map { colour(UInt8($0)) }
        // One character more than is shown: panning moves part of it in.
        var codes = [UInt8](repeating: 0, count: (characters + 1) * dots)
        for (number, line) in lines.enumerated() {
            if isTextMode { drawText(line, into: &codes) } else { drawGraphics(line, into: &codes) }
            let pan = panning(line)
            var position = 3 * width * number
            for dot in 0..<characters * dots {
                let colour = colours[Int(codes[dot + pan])]
                for _ in 0..<scale {
                    frame.bytes[position] = colour.red
                    frame.bytes[position + 1] = colour.green
                    frame.bytes[position + 2] = colour.blue
                    position += 3
                }
            }
        }
        return frame
    }

    /// Dots by which the line is moved to the left (Horizontal PEL Panning).
    private func panning(_ line: VGAScan.Line) -> Int {
        if line.isBelowSplit, registers.attribute[0x10] & 0x20 != 0 { return 0 }
        let value = Int(registers.attribute[0x13] & 0x0F)
        guard registers.dotsPerCharacter == 9 else { return min(value, 7) }
        return value < 8 ? value + 1 : 0
    }

    private func drawText(_ line: VGAScan.Line, into codes: inout [UInt8]) {
        let scan = VGAScan(registers), mode = registers.attribute[0x10]
        let frame = timing.frame(clock), dots = registers.dotsPerCharacter
        let cursorLines = frame / 16 % 2 == 0 ? registers.cursorScanLines : nil
        let blinkIsOff = frame / 32 % 2 == 1
        let palette = (0..<16).map { DACIndex(of: $0) }
        var position = 0
        for index in 0...registers.displayedCharacters {
            let cell = cells[scan.cellOffset(line.counter, index, row: line.row)]
            let character = Int(cell & 0xFF), attribute = UInt8(truncatingIfNeeded: cell >> 8)
            var glyph = UInt16(cells[fontOffset(attribute) + 32 * character + line.row] >> 16 & 0xFF) << 1
            // The ninth dot repeats the eighth in the line-drawing characters.
            if mode & 0x04 != 0, (0xC0...0xDF).contains(character) { glyph |= glyph >> 1 & 1 }
            var foreground = attribute & 0x0F, background = attribute >> 4
            if mode & 0x08 != 0 {
                background &= 0x07
                if attribute & 0x80 != 0, blinkIsOff { foreground = background }
            }
            let isUnderlined = attribute & 0x77 == 0x01 && line.row == Int(registers.CRTC[0x14] & 0x1F)
            let isCursor = cursorLines?.contains(line.row) == true && (line.counter + index) & 0xFFFF == registers.cursorAddress
            if isUnderlined || isCursor { glyph = 0x1FF }
            for dot in 0..<dots {
                codes[position] = palette[Int(glyph & (0x100 >> UInt16(dot)) != 0 ? foreground : background)]
                position += 1
            }
        }
    }

    /// Where in plane 2 the font for this attribute starts: bit 3 of the attribute chooses character map A or B.
    private func fontOffset(_ attribute: UInt8) -> Int {
        let select = Int(registers.sequencer[3])
        let map = attribute & 0x08 != 0 ? select >> 2 & 3 | select >> 3 & 4 : select & 3 | select >> 2 & 4
        return (map & 3) * 0x4000 + (map >> 2) * 0x2000
    }

    private func drawGraphics(_ line: VGAScan.Line, into codes: inout [UInt8]) {
        let scan = VGAScan(registers), dots = registers.dotsPerCharacter
        let palette = (0..<16).map { DACIndex(of: $0) }
        let is256Colour = registers.graphics[5] & 0x40 != 0, isInterleaved = registers.graphics[5] & 0x20 != 0
        for index in 0...registers.displayedCharacters {
            let cell = cells[scan.cellOffset(line.counter, index, row: line.row)]
            for dot in 0..<8 {
                let code: UInt8
                if is256Colour {
                    code = UInt8(truncatingIfNeeded: cell >> UInt32(8 * (dot / 2)))
                } else {
                    code = palette[isInterleaved ? Self.interleavedCode(cell, dot) : Self.planarCode(cell, dot)]
                }
                codes[index * dots + dot] = code
            }
            if dots == 9 { codes[index * dots + 8] = palette[0] }
        }
    }

    /// One bit from each plane, the leftmost dot in bit 7.
    private static func planarCode(_ cell: UInt32, _ dot: Int) -> Int {
        let bits = cell >> UInt32(7 - dot) & 0x0101_0101
        return Int((bits | bits >> 7 | bits >> 14 | bits >> 21) & 0x0F)
    }

    /// Two bits from an even plane and two from the one two planes up: planes 0 and 2 hold the first four dots, 1 and 3 the rest.
    private static func interleavedCode(_ cell: UInt32, _ dot: Int) -> Int {
        let planes = cell >> UInt32(dot < 4 ? 0 : 8)
        let shift = UInt32(6 - 2 * (dot & 3))
        return Int(planes >> shift & 3 | (planes >> (shift + 16) & 3) << 2)
    }
}
