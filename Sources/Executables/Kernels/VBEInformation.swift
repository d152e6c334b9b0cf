import Wiring

/// The tables of the VESA BIOS that a boot loader passes on when it has set a graphics mode: VbeInfoBlock, ModeInfoBlock and the mode's number. VBE Core Functions
/// Standard 3.0, functions 00h and 01h; the blocks say what INT 10h says of the same mode, but for the far pointers to texts, which stay empty.
struct VBEInformation {
    /// The mode's number with bit 14, a linear frame buffer, set.
    let mode: UInt16
    let screen: BootScreen
    private let graphics: DirectBoot.GraphicsMode
    private let memory: UInt64

    static let controllerSize = 512
    static let modeSize = 256

    /// Nil for text, and for a size that the video BIOS has no number for.
    init?(_ screen: BootScreen) {
        guard let graphics = screen.mode, let number = Self.number(of: graphics) else { return nil }
        (self.screen, self.graphics) = (screen, graphics)
        mode = 0x4000 | number
        memory = screen.memory
    }

    /// Sizes of the video BIOS, and the numbers for 15, 16, 24 and 32 bits; 0 for none. firmware/vbe-info.asm has the same table.
    private static let numbers: [(width: UInt16, height: UInt16, numbers: [UInt16])] = [
        (320, 200, [0x10D, 0x10E, 0x10F, 0x140]), (640, 400, [0, 0, 0, 0x141]), (640, 480, [0x110, 0x111, 0x112, 0x142]),
        (800, 600, [0x113, 0x114, 0x115, 0x143]), (1024, 768, [0x116, 0x117, 0x118, 0x144]),
        (1280, 1024, [0x119, 0x11A, 0x11B, 0x145]), (1600, 1200, [0x11D, 0x11E, 0x11F, 0x147]),
        (1280, 720, [0, 0x175, 0x176, 0x177]),
        (1280, 800, [0, 0x178, 0x179, 0x17A]), (1440, 900, [0, 0x17B, 0x17C, 0x17D]), (1680, 1050, [0, 0x181, 0x182, 0x183]),
        (1920, 1080, [0, 0x188, 0x189, 0x18A]),
    ]

    private static func number(of mode: DirectBoot.GraphicsMode) -> UInt16? {
        guard let column = [15, 16, 24, 32].firstIndex(of: mode.bits),
            let row = numbers.first(where: { $0.width == mode.width && $0.height == mode.height }), row.numbers[column] != 0
        else { return nil }
        return row.numbers[column]
    }

    /// VbeInfoBlock for address `base`; its list of modes lies in the block itself.
    func controller(at base: UInt64) -> [UInt8] {
        let list = base &+ 0x22
        var blob = InformationBlob(base: base)
        blob.append(Array("VESA".utf8))
        blob.u16(0x0300)
        blob.u32(0)
        blob.u32(1)  // the DAC can have eight bits
        // A far pointer reaches the first megabyte.
        blob.u16(list < 0x10_0000 ? UInt16(list & 0xF) : 0)
        blob.u16(list < 0x10_0000 ? UInt16(list >> 4) : 0)
        blob.u16(UInt16(clamping: memory >> 16))
        blob.append([UInt8](repeating: 0, count: 0x22 - blob.bytes.count))
        for number in Self.numbers.flatMap(\.numbers).filter({ $0 != 0 }).sorted() + [0xFFFF] { blob.u16(number) }
        blob.append([UInt8](repeating: 0, count: Self.controllerSize - blob.bytes.count))
        return blob.bytes
    }

    /// ModeInfoBlock.
    var modeInformation: [UInt8] {
        let pages = UInt8(clamping: memory / (graphics.pitch * UInt64(graphics.height)) - 1)
        let masks: [UInt8] =
            switch graphics.bits {
            case 15: [5, 10, 5, 5, 5, 0, 1, 15]
            case 16: [5, 11, 6, 5, 5, 0, 0, 0]
            case 24: [8, 16, 8, 8, 8, 0, 0, 0]
            default: [8, 16, 8, 8, 8, 0, 8, 24]
            }
        var blob = InformationBlob(base: 0)
        // Colour graphics with a linear frame buffer; window A of 64 KiB at A0000h.
        for value: UInt16 in [0x009B, 0x0007, 64, 64, 0xA000, 0, 0, 0] { blob.u16(value) }
        blob.u16(UInt16(clamping: graphics.pitch))
        blob.u16(graphics.width)
        blob.u16(graphics.height)
        // Characters of 8 by 16, planes, bits, banks, direct colour, bank size, image pages.
        blob.append([8, 16, 1, UInt8(clamping: graphics.bits), 1, 6, 0, pages, 1])
        blob.append(masks)
        blob.u8(graphics.bits == 32 ? 2 : 0)
        blob.u32(screen.frameBuffer)
        blob.append([UInt8](repeating: 0, count: 6))
        blob.u16(UInt16(clamping: graphics.pitch))
        blob.append([pages, pages])
        blob.append(masks)
        blob.u32(230_000_000)  // no clock is too fast
        blob.append([UInt8](repeating: 0, count: Self.modeSize - blob.bytes.count))
        return blob.bytes
    }
}
