import Wiring

/// The screen as dots.
extension VGA {
    /// The picture on the monitor, text drawn with the font in plane 2. One pixel for each dot and scan line: 720 × 400 in mode 3,
    /// 640 × 400 in mode 13h. Black while the screen is blank, and where the CRTC blanks it (IBM PS/2 Hardware Interface Technical Reference,
    /// "CRT Controller Registers", 02h, 03h, 15h, 16h).
    public func pixelFrame() -> PixelFrame {
        guard !dispi.isEnabled else { return dispiFrame() }
        let scale = registers.dotClockIsHalved ? 2 : 1
        let characters = registers.displayedCharacters, dots = registers.dotsPerCharacter
        let width = characters * dots * scale, lines = VGAScan(registers).lines()
        var frame = PixelFrame(width: width, height: lines.count, shape: .fourByThree)
        guard !isBlanked, registers.CRTC[0x06] != 0 else { return frame }
        fold()
        let colours = (0...255).map { colour(UInt8($0)) }
        // One character more than is shown: panning moves part of it in.
        var codes = [UInt8](repeating: 0, count: (characters + 1) * dots)
        var painter = TextPainter(self), drawn: VGAScan.Line?
        let blankedLines = registers.blankedLines
        let blankedDots = registers.blankedCharacters.map { ($0.lowerBound * dots * scale..<$0.upperBound * dots * scale) }
        for (number, line) in lines.enumerated() where !blankedLines.contains(where: { $0.contains(number) }) {
            // Doubled lines are drawn once.
            if drawn.map({ !$0.shows(line) }) ?? true {
                if isTextMode { painter.draw(line, into: &codes) } else { drawGraphics(line, into: &codes) }
                drawn = line
            }
            let pan = panning(line)
            frame.bytes.withUnsafeMutableBufferPointer { bytes in
                var position = 3 * width * number
                for dot in 0..<characters * dots {
                    let colour = colours[Int(truncatingIfNeeded: codes[dot &+ pan])]
                    for _ in 0..<scale {
                        bytes[position] = colour.red
                        bytes[position &+ 1] = colour.green
                        bytes[position &+ 2] = colour.blue
                        position &+= 3
                    }
                }
                for range in blankedDots {
                    let dots = range.clamped(to: 0..<width)
                    for byte in 3 * dots.lowerBound..<3 * dots.upperBound { bytes[3 * width * number + byte] = 0 }
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
    static func planarCode(_ cell: UInt32, _ dot: Int) -> Int {
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
