import Wiring

/// The screen that a kernel finds, in the words of both Multiboot specifications: framebuffer_addr, _pitch, _width, _height, _bpp, _type and
/// color_info (Multiboot 0.6.96, section 3.3; Multiboot2 2.0, section 3.6.12).
struct BootScreen: Equatable {
    /// nil is the text that the BIOS left.
    let mode: DirectBoot.GraphicsMode?
    /// The place where the mode's dots are.
    let frameBuffer: UInt64
    /// Bytes of video memory.
    private(set) var memory: UInt64 = 0
    /// The reason why it is not what the kernel asked for.
    private(set) var note: String?

    static let text = BootScreen(mode: nil, frameBuffer: 0xB_8000)

    private init(mode: DirectBoot.GraphicsMode?, frameBuffer: UInt64, note: String? = nil) {
        self.mode = mode
        self.frameBuffer = frameBuffer
        self.note = note
    }

    /// The screen of a kernel that prefers a graphics mode; 0 is no preference. As GRUB does: what was asked for, else the size with another depth,
    /// else 800×600.
    init(width: UInt32, height: UInt32, depth: UInt32, on adapter: LinearFrameBuffer?) {
        let wish = "\(width)x\(height)x\(depth)"
        guard let adapter else {
            self = .text
            note = "the kernel prefers the graphics mode \(wish); there is no display adapter for it"
            return
        }
        let isOfAnySize = width == 0 || height == 0
        let bits: UInt16 = [15, 16, 24, 32].first { $0 == depth } ?? 32
        let wanted = DirectBoot.GraphicsMode(
            width: isOfAnySize ? 800 : UInt16(clamping: width), height: isOfAnySize ? 600 : UInt16(clamping: height), bits: bits)
        let mode = adapter.fits(wanted) ? wanted : DirectBoot.GraphicsMode(width: 800, height: 600, bits: bits)
        let isMet = mode == wanted && (depth == 0 || UInt32(bits) == depth)
        self.init(
            mode: mode, frameBuffer: adapter.range.lowerBound,
            note: isMet ? nil : "the kernel prefers the graphics mode \(wish); it gets \(mode.width)x\(mode.height)x\(mode.bits)")
        memory = UInt64(adapter.range.count)
    }

    /// Appends the fields from the address to the type.
    func appendFields(to blob: inout InformationBlob) {
        blob.u64(frameBuffer)
        blob.u32(mode?.pitch ?? 160)
        blob.u32(UInt64(mode?.width ?? 80))
        blob.u32(UInt64(mode?.height ?? 25))
        blob.u8(UInt8(truncatingIfNeeded: mode?.bits ?? 16))
        // Direct colours, and EGA text.
        blob.u8(mode == nil ? 2 : 1)
    }

    /// Position and size of red, green and blue in a dot; nothing for text.
    var colourFields: [UInt8] {
        switch mode?.bits {
        case nil: []
        case 15: [10, 5, 5, 5, 0, 5]
        case 16: [11, 5, 5, 6, 0, 5]
        default: [16, 8, 8, 8, 0, 8]
        }
    }
}
