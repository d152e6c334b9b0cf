/// The CRTC's walk over the memory: which addresses each scan line shows. Derived from the registers.
struct VGAScan {
    /// One displayed scan line.
    struct Line {
        /// The memory address counter at the line's left edge.
        var counter: Int
        /// The scan line within the character row.
        var row: Int
        /// The first line of a character row, or of the part of one that is shown.
        var startsRow: Bool
        /// Below the split that line compare makes.
        var isBelowSplit: Bool

        /// Tells whether both show the same dots.
        func shows(_ other: Line) -> Bool {
            counter == other.counter && row == other.row && isBelowSplit == other.isBelowSplit
        }
    }

    let registers: VGARegisters

    init(_ registers: VGARegisters) { self.registers = registers }

    /// All displayed lines from the top, at most 2048.
    func lines() -> [Line] {
        let pitch = 2 * Int(registers.CRTC[0x13])
        let rowHeight = registers.rowHeight, repetitions = registers.scanLinesAreDoubled ? 2 : 1
        let split = registers.lineCompare * Int(registers.linesPerCount)
        var lines: [Line] = []
        lines.reserveCapacity(registers.displayedLines)
        var line = Line(
            counter: registers.startAddress + Int(registers.CRTC[0x08] >> 5 & 3), row: Int(registers.CRTC[0x08] & 0x1F),
            startsRow: true,
            isBelowSplit: false)
        var repetition = 0
        for number in 0..<registers.displayedLines {
            lines.append(line)
            line.startsRow = false
            if number == split {
                line = Line(counter: 0, row: 0, startsRow: true, isBelowSplit: true)
                repetition = 0
                continue
            }
            repetition += 1
            guard repetition == repetitions else { continue }
            repetition = 0
            line.row += 1
            guard line.row >= rowHeight else { continue }
            line.row = 0
            line.startsRow = true
            line.counter = (line.counter + pitch) & 0xFFFF
        }
        return lines
    }

    /// Offset in the planes of character `index` of a line that starts at `counter`.
    func cellOffset(_ counter: Int, _ index: Int, row: Int) -> Int {
        let mode = registers.CRTC[0x17]
        let divisor = registers.CRTC[0x14] & 0x20 != 0 ? 4 : mode & 0x08 != 0 ? 2 : 1
        let count = counter + index / divisor
        var offset: Int
        if registers.CRTC[0x14] & 0x40 != 0 {
            offset = count << 2 & 0xFFFC | count >> 14 & 3
        } else if mode & 0x40 == 0 {
            offset = count << 1 & 0xFFFE | count >> (mode & 0x20 != 0 ? 15 : 13) & 1
        } else {
            offset = count & 0xFFFF
        }
        // The row scan counter takes the place of address bits 13 and 14 (the interleaving of the CGA and of Hercules cards).
        if mode & 0x01 == 0 { offset = offset & ~0x2000 | (row & 1) << 13 }
        if mode & 0x02 == 0 { offset = offset & ~0x4000 | (row >> 1 & 1) << 14 }
        return offset
    }
}
