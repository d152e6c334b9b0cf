import Wiring

@testable import Chips

/// Register values of the IBM VGA BIOS' modes (IBM PS/2 Hardware Interface Technical Reference, "BIOS mode tables").
struct VGAMode {
    var miscellaneous: UInt8
    var sequencer: [UInt8]
    var CRTC: [UInt8]
    var graphics: [UInt8]
    var attribute: [UInt8]

    private static let sixteenColours: [UInt8] = [0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F]

    /// 80 × 25 characters of 9 × 16 dots.
    static let text = VGAMode(
        miscellaneous: 0x67, sequencer: [0x03, 0x00, 0x03, 0x00, 0x02],
        CRTC: [
            0x5F, 0x4F, 0x50, 0x82, 0x55, 0x81, 0xBF, 0x1F, 0x00, 0x4F, 0x0D, 0x0E, 0x00, 0x00, 0x00, 0x00, 0x9C, 0x8E, 0x8F, 0x28,
            0x1F,
            0x96, 0xB9, 0xA3, 0xFF,
        ],
        graphics: [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0E, 0x00, 0xFF],
        attribute: sixteenColours + [0x0C, 0x00, 0x0F, 0x08, 0x00])

    /// 640 × 480 dots, sixteen colours, planar: mode 12h.
    static let planar = VGAMode(
        miscellaneous: 0xE3, sequencer: [0x03, 0x01, 0x0F, 0x00, 0x06],
        CRTC: [
            0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0x0B, 0x3E, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xEA, 0x8C, 0xDF, 0x28,
            0x00,
            0xE7, 0x04, 0xE3, 0xFF,
        ],
        graphics: [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x0F, 0xFF],
        attribute: sixteenColours + [0x01, 0x00, 0x0F, 0x00, 0x00])

    /// 320 × 200 dots, 256 colours: mode 13h.
    static let colours256 = VGAMode(
        miscellaneous: 0x63, sequencer: [0x03, 0x01, 0x0F, 0x00, 0x0E],
        CRTC: [
            0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0xBF, 0x1F, 0x00, 0x41, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9C, 0x8E, 0x8F, 0x28,
            0x40,
            0x96, 0xB9, 0xA3, 0xFF,
        ],
        graphics: [0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x05, 0x0F, 0xFF],
        attribute: Array(0...15) + [0x41, 0x00, 0x0F, 0x00, 0x00])

    /// 320 × 200 dots, four colours as on the CGA: mode 4.
    static let CGA = VGAMode(
        miscellaneous: 0x63, sequencer: [0x03, 0x09, 0x03, 0x00, 0x02],
        CRTC: [
            0x2D, 0x27, 0x28, 0x90, 0x2B, 0x80, 0xBF, 0x1F, 0x00, 0xC1, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9C, 0x8E, 0x8F, 0x14,
            0x00,
            0x96, 0xB9, 0xA2, 0xFF,
        ],
        graphics: [0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x0F, 0x00, 0xFF],
        attribute: [0, 0x13, 0x15, 0x17, 2, 4, 6, 7, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17] + [
            0x01, 0x00, 0x03, 0x00, 0x00,
        ])
}

/// Offsets of the ports in the colour position.
enum VGAPort {
    static let attribute = 0x00, attributeData = 0x01, miscellaneousWrite = 0x02, sequencer = 0x04, DACMask = 0x06, DACRead = 0x07
    static let DACWrite = 0x08, DACData = 0x09, miscellaneousRead = 0x0C, graphics = 0x0E, CRTC = 0x14, inputStatus1 = 0x1A
}

extension VGA {
    func setIndexed(_ port: Int, _ index: Int, _ value: UInt8) {
        write(offset: port, value: UInt8(index))
        write(offset: port + 1, value: value)
    }

    func getIndexed(_ port: Int, _ index: Int) -> UInt8 {
        write(offset: port, value: UInt8(index))
        return read(offset: port + 1)
    }

    func setAttribute(_ index: Int, _ value: UInt8) {
        _ = read(offset: VGAPort.inputStatus1)
        write(offset: VGAPort.attribute, value: UInt8(index))
        write(offset: VGAPort.attribute, value: value)
        write(offset: VGAPort.attribute, value: 0x20)
    }

    /// What a BIOS does to set a mode, through the ports; the sixteen CGA colours and a grey ramp into the DAC.
    func set(_ mode: VGAMode) {
        write(offset: VGAPort.miscellaneousWrite, value: mode.miscellaneous)
        for (index, value) in mode.sequencer.enumerated() { setIndexed(VGAPort.sequencer, index, value) }
        setIndexed(VGAPort.CRTC, 0x11, 0)
        for (index, value) in mode.CRTC.enumerated() { setIndexed(VGAPort.CRTC, index, value) }
        for (index, value) in mode.graphics.enumerated() { setIndexed(VGAPort.graphics, index, value) }
        for (index, value) in mode.attribute.enumerated() { setAttribute(index, value) }
        write(offset: VGAPort.DACMask, value: 0xFF)
        write(offset: VGAPort.DACWrite, value: 0)
        for entry in 0..<256 {
            for component in 0..<3 { write(offset: VGAPort.DACData, value: Self.testColour(entry)[component]) }
        }
    }

    /// The EGA's 64 colours, then greys.
    static func testColour(_ entry: Int) -> [UInt8] {
        guard entry < 64 else { return [UInt8](repeating: UInt8(entry / 4), count: 3) }
        let bits = UInt8(entry)
        func component(_ bit: UInt8) -> UInt8 { (bits >> bit & 1) * 42 + (bits >> (bit + 3) & 1) * 21 }
        return [component(2), component(1), component(0)]
    }

    func put(_ text: String, row: Int, column: Int = 0, attribute: UInt8 = 0x07) {
        for (index, byte) in text.utf8.enumerated() {
            let place = 0x18000 + 2 * (80 * row + column + index)
            writeMemory(offset: place, width: .word, value: UInt32(byte) | UInt32(attribute) << 8)
        }
    }
}
