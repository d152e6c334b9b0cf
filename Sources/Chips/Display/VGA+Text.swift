import Wiring

/// The screen as characters.
extension VGA {
    /// The adapter shows characters, not dots.
    public var isTextMode: Bool { !registers.isGraphics && !dispi.isEnabled }

    /// Nothing of the memory reaches the monitor. `textFrame()` shows the characters all the same.
    public var isBlanked: Bool { registers.isBlanked }

    /// The characters in the order of the screen, split screen and scrolling included. Before any mode is set, and in graphics
    /// modes, 80 × 25 spaces.
    public func textFrame() -> TextFrame {
        // A total of no lines is a CRTC that nobody has programmed.
        guard isTextMode, registers.CRTC[0x06] != 0, registers.CRTC[0x00] != 0 else { return .blank() }
        fold()
        let scan = VGAScan(registers)
        let lines = scan.lines()
        let rowLines = registers.rowHeight * (registers.scanLinesAreDoubled ? 2 : 1)
        let starts = lines.indices.filter { lines[$0].startsRow && ($0 == 0 || $0 + rowLines <= lines.count) }
        let columns = registers.displayedCharacters
        var cells: [TextFrame.Cell] = []
        cells.reserveCapacity(columns * starts.count)
        var cursor: TextFrame.Cursor?
        for (row, start) in starts.enumerated() {
            let counter = lines[start].counter
            for column in 0..<columns {
                let cell = self.cells[scan.cellOffset(counter, column, row: 0)]
                cells.append(.init(character: UInt8(truncatingIfNeeded: cell), attribute: UInt8(truncatingIfNeeded: cell >> 8)))
            }
            let distance = (registers.cursorAddress - counter) & 0xFFFF
            if let scanLines = registers.cursorScanLines, distance < columns {
                cursor = .init(column: distance, row: row, scanLines: scanLines)
            }
        }
        return TextFrame(
            columns: columns, rows: starts.count, cells: cells, cursor: cursor, blinks: registers.attribute[0x10] & 0x08 != 0,
            palette: (0..<16).map { colour(DACIndex(of: $0)) })
    }

    /// The DAC's colour for one of the sixteen attribute codes: through the palette registers and Color Select.
    func DACIndex(of code: UInt8) -> UInt8 {
        let entry = registers.attribute[Int(code & registers.attribute[0x12] & 0x0F)]
        let select = registers.attribute[0x14]
        var index = entry & 0x3F
        if registers.attribute[0x10] & 0x80 != 0 { index = index & 0x0F | (select & 0x03) << 4 }
        return index | (select & 0x0C) << 4
    }

    /// Entry `index` of the DAC, as the mask lets it through, its six bits widened to eight.
    func colour(_ index: UInt8) -> RGB {
        let isWide = dispi.ENABLE.contains(.eightBitDAC)
        let first = 3 * Int(index & registers.DACMask)
        func widened(_ component: Int) -> UInt8 {
            let value = registers.DAC[first + component] & (isWide ? 0xFF : 0x3F)
            return isWide ? value : value << 2 | value >> 4
        }
        return RGB(widened(0), widened(1), widened(2))
    }
}
