/// The register file of the IBM VGA (IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem").
/// Indexed registers keep the indices of the manual; bits that do not exist read as 0.
struct VGARegisters: Codable, Equatable, Sendable {
    var miscellaneousOutput = MiscellaneousOutput(rawValue: 0)
    var featureControl: UInt8 = 0
    var videoSubsystemEnable: UInt8 = 1

    var sequencerIndex: UInt8 = 0
    var sequencer = [UInt8](repeating: 0, count: 5)
    var CRTCIndex: UInt8 = 0
    var CRTC = [UInt8](repeating: 0, count: 0x19)
    var graphicsIndex: UInt8 = 0
    var graphics = [UInt8](repeating: 0, count: 9)
    /// Bits 4–0 select the register; bit 5 (PAS) lets the palette be shown.
    var attributeIndex: UInt8 = 0
    var attribute = [UInt8](repeating: 0, count: 0x15)
    /// The next write of 3C0h is data.
    var attributeExpectsData = false

    var DACMask: UInt8 = 0xFF
    var DACReadIndex: UInt8 = 0
    var DACWriteIndex: UInt8 = 0
    /// Colour component that the next access of 3C9h moves: 0 red, 1 green, 2 blue.
    var DACComponent: UInt8 = 0
    /// The last index written was the one for reading.
    var DACIsReading = false
    /// Components collected by writes until the third one stores all.
    var DACPending = [UInt8](repeating: 0, count: 3)
    /// 256 colours of three six-bit components.
    var DAC = [UInt8](repeating: 0, count: 768)

    /// The retrace interrupt has come and was not taken back.
    var retraceIsPending = false

    struct MiscellaneousOutput: OptionSet, Codable, Equatable, Sendable {
        var rawValue: UInt8
        /// CRTC and Input Status 1 at 3Dxh instead of 3Bxh.
        static let colour = MiscellaneousOutput(rawValue: 0x01)
        static let enableRAM = MiscellaneousOutput(rawValue: 0x02)
        static let clock28MHz = MiscellaneousOutput(rawValue: 0x04)
        /// Page select of odd/even addressing; set selects the lower one.
        static let oddEvenPage = MiscellaneousOutput(rawValue: 0x20)
    }

    static let sequencerMasks: [UInt8] = [0x03, 0x3D, 0x0F, 0x3F, 0x0E]
    static let graphicsMasks: [UInt8] = [0x0F, 0x0F, 0x0F, 0x1F, 0x03, 0x7B, 0x0F, 0x0F, 0xFF]

    static func attributeMask(_ index: Int) -> UInt8 {
        switch index {
        case 0x00...0x0F: 0x3F
        case 0x10: 0xEF
        case 0x11: 0xFF
        case 0x12: 0x3F
        default: 0x0F
        }
    }

    /// Writes a CRTC register. Bit 7 of register 11h protects 00h to 07h, except for line compare bit 8 in 07h.
    mutating func writeCRTC(_ index: Int, _ value: UInt8) {
        guard index < CRTC.count else { return }
        guard index <= 0x07, CRTC[0x11] & 0x80 != 0 else { return CRTC[index] = value }
        if index == 0x07 { CRTC[0x07] = CRTC[0x07] & ~0x10 | value & 0x10 }
    }

    // MARK: What several registers say together

    var isGraphics: Bool { graphics[6] & 0x01 != 0 }
    var isChain4: Bool { sequencer[4] & 0x08 != 0 }
    /// Nothing of the memory reaches the monitor: sequencer in reset, screen off, or palette disconnected.
    var isBlanked: Bool {
        sequencer[0] & 0x03 != 0x03 || sequencer[1] & 0x20 != 0 || attributeIndex & 0x20 == 0
    }

    private func CRTCNumber(_ low: Int, _ bit8: (Int, UInt8), _ bit9: (Int, UInt8)) -> Int {
        Int(CRTC[low]) | (CRTC[bit8.0] & bit8.1 != 0 ? 0x100 : 0) | (CRTC[bit9.0] & bit9.1 != 0 ? 0x200 : 0)
    }

    /// Scan lines of a frame, displayed and not.
    var verticalTotal: Int { CRTCNumber(0x06, (0x07, 0x01), (0x07, 0x20)) + 2 }
    var displayedLines: Int { (CRTCNumber(0x12, (0x07, 0x02), (0x07, 0x40)) + 1) * Int(linesPerCount) }
    var verticalRetraceStart: Int { CRTCNumber(0x10, (0x07, 0x04), (0x07, 0x80)) }
    var lineCompare: Int { CRTCNumber(0x18, (0x07, 0x10), (0x09, 0x40)) }
    /// Character clocks of a line, displayed and not.
    var horizontalTotal: Int { Int(CRTC[0x00]) + 5 }

    /// Counts of `total` during which a blanking signal is on that count `start` sets and the count whose low bits, those of `mask`, are `end`
    /// clears: none when `start` is never reached, all when `end` is never met. The signal lasts beyond the counter's return to 0.
    private func blanked(from start: Int, to end: Int, mask: Int, total: Int) -> [Range<Int>] {
        guard start < total else { return [] }
        // The counter's values up to its end, and again from 0 on.
        if let stop = (start + 1..<total).first(where: { $0 & mask == end }) { return [start..<stop] }
        guard let stop = (0..<start).first(where: { $0 & mask == end }) else { return [0..<total] }
        return [0..<stop, start..<total]
    }

    /// Characters of a line in which horizontal blanking makes the picture black: start in 02h; six bits of its end in 03h and in 05h.
    var blankedCharacters: [Range<Int>] {
        let end = Int(CRTC[0x03] & 0x1F) | (CRTC[0x05] & 0x80 != 0 ? 0x20 : 0)
        return blanked(from: Int(CRTC[0x02]), to: end, mask: 0x3F, total: horizontalTotal)
    }

    /// Scan lines that vertical blanking makes black: start in 15h, 07h and 09h, eight bits of its end in 16h.
    var blankedLines: [Range<Int>] {
        let start = CRTCNumber(0x15, (0x07, 0x08), (0x09, 0x20)), lines = Int(linesPerCount)
        return blanked(from: start, to: Int(CRTC[0x16]), mask: 0xFF, total: verticalTotal).map {
            $0.lowerBound * lines..<$0.upperBound * lines
        }
    }

    /// Scan lines for each count of the vertical registers: CRTC 17h bit 2 doubles them.
    var linesPerCount: UInt64 { CRTC[0x17] & 0x04 != 0 ? 2 : 1 }
    /// Characters of a line: groups of eight or nine dots.
    var displayedCharacters: Int { Int(CRTC[0x01]) + 1 }
    var dotsPerCharacter: Int { sequencer[1] & 0x01 != 0 ? 8 : 9 }
    var dotClockIsHalved: Bool { sequencer[1] & 0x08 != 0 }
    var startAddress: Int { Int(CRTC[0x0C]) << 8 | Int(CRTC[0x0D]) }
    /// The place where the cursor is shown: its address, and the characters of delay in 0Bh bits 6–5.
    var cursorAddress: Int { (Int(CRTC[0x0E]) << 8 | Int(CRTC[0x0F])) + Int(CRTC[0x0B] >> 5 & 3) }
    /// Scan lines of a character row, before doubling.
    var rowHeight: Int { Int(CRTC[0x09] & 0x1F) + 1 }
    var scanLinesAreDoubled: Bool { CRTC[0x09] & 0x80 != 0 }

    /// The cursor's scan lines, or `nil` when it is off or starts below its end.
    var cursorScanLines: ClosedRange<Int>? {
        let start = Int(CRTC[0x0A] & 0x1F), end = min(Int(CRTC[0x0B] & 0x1F), rowHeight - 1)
        return CRTC[0x0A] & 0x20 == 0 && start <= end ? start...end : nil
    }
}
