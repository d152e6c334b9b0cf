/// The graphics controller's way between the processor and the four planes, derived from the registers.
/// A cell is one byte of each plane at the same offset, plane 0 in the low byte.
struct VGADataPath: Equatable {
    /// The spread of an address of the processor's window over the planes.
    enum Addressing: Equatable {
        /// All planes at the offset.
        case planar
        /// A0 selects the even or the odd planes.
        case oddEven
        /// A1 and A0 select the plane.
        case chain4
    }

    var writeAddressing = Addressing.planar
    var readAddressing = Addressing.planar
    var writeMode: UInt8 = 0
    var readMode: UInt8 = 0
    var readPlane: UInt8 = 0
    var rotate: UInt8 = 0
    var function: UInt8 = 0
    var mapMask: UInt8 = 0
    var setReset: UInt32 = 0
    var enableSetReset: UInt32 = 0
    var bitMask: UInt8 = 0
    var colourCompare: UInt32 = 0
    var colourCare: UInt32 = 0
    /// The place where the window starts and how long it is, counted from A0000h; length 0 when the processor has no access.
    var windowStart = 0
    var windowLength = 0
    /// The bit that replaces A0 in odd/even addressing, except that a window of 128 KBytes uses A16.
    var oddEvenPage = 0
    /// First cell of the bank that planar modes of the display interface show in the window.
    var bankCell = 0
    /// A window in which the processor sees plain memory.
    enum Plain: Equatable {
        case none
        /// Bytes pass unchanged to and from planes 0 and 1 in a window of 32 KBytes: the text modes.
        case text
        /// Bytes pass unchanged to and from all planes in a window of 64 KBytes: mode 13h.
        case chain4
        /// A bank of the display interface.
        case bank(Int)
    }
    var plain = Plain.none

    init(_ registers: VGARegisters, _ dispi: DispiRegisters) {
        let graphics = registers.graphics, sequencer = registers.sequencer
        let chain4 = registers.isChain4
        writeAddressing = chain4 ? .chain4 : sequencer[4] & 0x04 == 0 ? .oddEven : .planar
        readAddressing = chain4 ? .chain4 : graphics[5] & 0x10 != 0 ? .oddEven : .planar
        writeMode = graphics[5] & 0x03
        readMode = graphics[5] >> 3 & 1
        readPlane = graphics[4] & 0x03
        rotate = graphics[3] & 0x07
        function = graphics[3] >> 3 & 0x03
        mapMask = sequencer[2] & 0x0F
        setReset = Self.planes(graphics[0])
        enableSetReset = Self.planes(graphics[1])
        bitMask = graphics[8]
        colourCompare = Self.planes(graphics[2])
        colourCare = Self.planes(graphics[7])
        switch graphics[6] >> 2 & 0x03 {
        case 0: (windowStart, windowLength) = (0x00000, 0x20000)
        case 1: (windowStart, windowLength) = (0x00000, 0x10000)
        case 2: (windowStart, windowLength) = (0x10000, 0x08000)
        default: (windowStart, windowLength) = (0x18000, 0x08000)
        }
        if !registers.miscellaneousOutput.contains(.enableRAM) { windowLength = 0 }
        oddEvenPage = windowLength == 0x10000 && !registers.miscellaneousOutput.contains(.oddEvenPage) ? 1 : 0
        if dispi.isEnabled {
            (windowStart, windowLength, oddEvenPage) = (0, 0x10000, 0)
            (writeAddressing, readAddressing) = (.planar, .planar)
            bankCell = Int(dispi.bank) << 16
            if dispi.depth != .four { plain = .bank(Int(dispi.bank)) }
            return
        }
        let isUnchanged =
            writeMode == 0 && rotate == 0 && function == 0 && enableSetReset == 0 && bitMask == 0xFF && readMode == 0
        switch (windowLength, writeAddressing, readAddressing, mapMask) {
        case (0x08000, .oddEven, .oddEven, 0x03) where isUnchanged && readPlane & 0x02 == 0: plain = .text
        case (0x10000, .chain4, .chain4, 0x0F) where isUnchanged: plain = .chain4
        default: break
        }
    }

    /// Bits 3–0 spread over the planes: a whole byte of ones for each.
    @inline(__always)
    static func planes(_ bits: UInt8) -> UInt32 {
        let spread = UInt32(bits & 0x0F) &* 0x0020_4081 & 0x0101_0101
        return spread &* 0xFF
    }

    /// Offset in the planes, and the planes that the address selects.
    @inline(__always)
    func place(_ address: Int, _ addressing: Addressing) -> (offset: Int, planes: UInt8) {
        switch addressing {
        case .planar: return (address & 0xFFFF | bankCell, 0x0F)
        case .oddEven:
            let low = windowLength == 0x20000 ? address >> 16 & 1 : oddEvenPage
            return (address & 0xFFFE | low, address & 1 == 0 ? 0x05 : 0x0A)
        case .chain4: return (address & 0xFFFC | address >> 16 & 3, 1 << UInt8(truncatingIfNeeded: address & 3))
        }
    }

    /// Reads a cell as the processor does: the selected plane, or one bit for each dot of the compared colour.
    @inline(__always)
    func read(_ cell: UInt32, address: Int) -> UInt8 {
        let plane: UInt8
        switch readAddressing {
        case .planar: plane = readPlane
        case .oddEven: plane = readPlane & 0x02 | UInt8(truncatingIfNeeded: address & 1)
        case .chain4: plane = UInt8(truncatingIfNeeded: address & 3)
        }
        if readMode == 0 { return UInt8(truncatingIfNeeded: cell >> UInt32(8 * plane)) }
        let different = (cell ^ colourCompare) & colourCare
        return ~UInt8(truncatingIfNeeded: different | different >> 8 | different >> 16 | different >> 24)
    }

    /// The cell after the processor has written `data`, with `latch` as loaded by its last read.
    @inline(__always)
    func write(_ data: UInt8, to cell: UInt32, latch: UInt32, planes: UInt8) -> UInt32 {
        let rotated = rotate == 0 ? data : data >> rotate | data << (8 - rotate)
        var value: UInt32
        var mask = bitMask
        switch writeMode {
        case 0: value = UInt32(rotated) &* 0x0101_0101 & ~enableSetReset | setReset & enableSetReset
        case 1: return merge(latch, into: cell, planes)
        case 2: value = Self.planes(data)
        default:
            value = setReset
            mask &= rotated
        }
        switch function {
        case 0: break
        case 1: value &= latch
        case 2: value |= latch
        default: value ^= latch
        }
        let bits = UInt32(mask) &* 0x0101_0101
        return merge(value & bits | latch & ~bits, into: cell, planes)
    }

    @inline(__always)
    private func merge(_ value: UInt32, into cell: UInt32, _ planes: UInt8) -> UInt32 {
        let selected = Self.planes(mapMask & planes)
        return cell & ~selected | value & selected
    }
}
