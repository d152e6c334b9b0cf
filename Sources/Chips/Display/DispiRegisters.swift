/// The display interface of Bochs' VBE: eleven registers of 16 bits behind an index (Bochs, "VBE Display API", version B0C5h).
///
/// XRES, YRES and BPP can be changed while the interface is disabled. Up to 2560 × 1600 dots of 4 (planar), 8, 15, 16, 24 or 32 bits in 16
/// MBytes. Enabling shows the memory from its start, whatever the VGA's registers say; disabling shows what these say.
struct DispiRegisters: Codable, Equatable, Sendable {
    enum Index: UInt16 {
        case ID, XRES, YRES, BPP, ENABLE, BANK, VIRT_WIDTH, VIRT_HEIGHT, X_OFFSET, Y_OFFSET, VIDEO_MEMORY_64K
    }

    /// The form in which a dot is kept.
    enum Depth: UInt16, Codable, Sendable {
        /// One bit in each of four planes.
        case four = 4
        /// An entry of the DAC.
        case eight = 8
        /// 1:5:5:5 and 5:6:5 bits of red, green, blue.
        case fifteen = 15
        case sixteen = 16
        /// Blue, green, red bytes; with a fourth that is not shown.
        case twentyFour = 24
        case thirtyTwo = 32

        /// Bits that a dot takes in memory.
        var bits: Int { self == .fifteen ? 16 : Int(rawValue) }
    }

    struct Enable: OptionSet, Codable, Equatable, Sendable {
        var rawValue: UInt16
        static let enabled = Enable(rawValue: 0x01)
        /// XRES, YRES and BPP read as the largest values.
        static let getCapabilities = Enable(rawValue: 0x02)
        /// The DAC's components have eight bits.
        static let eightBitDAC = Enable(rawValue: 0x20)
        static let linearFrameBuffer = Enable(rawValue: 0x40)
        static let keepMemory = Enable(rawValue: 0x80)
    }

    static let largestID: UInt16 = 0xB0C5
    static let largestWidth: UInt16 = 2560
    static let largestHeight: UInt16 = 1600
    static let banks: UInt16 = UInt16(VGA.memorySize >> 16)

    var index: UInt16 = 0
    var ID = largestID
    var XRES: UInt16 = 640
    var YRES: UInt16 = 480
    var depth = Depth.eight
    var ENABLE: Enable = []
    /// Number of the 64 KBytes that A0000h shows; in planar modes of 64 KBytes in each plane.
    var bank: UInt16 = 0
    /// Dots from one line to the next.
    var virtualWidth: UInt16 = 640
    var xOffset: UInt16 = 0
    var yOffset: UInt16 = 0

    var isEnabled: Bool { ENABLE.contains(.enabled) }
    /// Bytes from one line to the next; in planar modes in each plane.
    var pitch: Int { depth == .four ? Int(virtualWidth) / 8 : Int(virtualWidth) * depth.bits / 8 }
    /// Bytes that the lines can use: all memory, or a plane's quarter.
    private var room: Int { depth == .four ? VGA.memorySize / 4 : VGA.memorySize }
    /// Lines of `pitch` bytes in the memory.
    var virtualHeight: UInt16 { pitch == 0 ? 0 : UInt16(clamping: room / pitch) }
    private var bankLimit: UInt16 { depth == .four ? Self.banks / 4 : Self.banks }

    /// All dots of the picture lie in the memory.
    var fits: Bool {
        (1...Self.largestWidth).contains(XRES) && (1...Self.largestHeight).contains(YRES) && virtualWidth >= XRES
            && pitch * Int(YRES) <= room
    }

    /// A state that was put back keeps what indices rely on.
    var isWellFormed: Bool { bank < bankLimit && (!isEnabled || fits) }

    /// The register that `index` names, as it reads.
    var value: UInt16 {
        let asksForLimits = ENABLE.contains(.getCapabilities)
        switch Index(rawValue: index) {
        case .ID: return ID
        case .XRES: return asksForLimits ? Self.largestWidth : XRES
        case .YRES: return asksForLimits ? Self.largestHeight : YRES
        case .BPP: return asksForLimits ? Depth.thirtyTwo.rawValue : depth.rawValue
        case .ENABLE: return ENABLE.rawValue
        case .BANK: return bank
        case .VIRT_WIDTH: return virtualWidth
        case .VIRT_HEIGHT: return virtualHeight
        case .X_OFFSET: return xOffset
        case .Y_OFFSET: return yOffset
        case .VIDEO_MEMORY_64K: return Self.banks
        case nil: return 0
        }
    }

    /// Writes the register that `index` names. Answers what was wrong with the value, which then changes nothing.
    mutating func write(_ value: UInt16) -> String? {
        let isLocked = "XRES, YRES and BPP are written while the display interface is enabled"
        switch Index(rawValue: index) {
        case .ID:
            guard (0xB0C0...Self.largestID).contains(value) else { return "there is no version \(value) of the display interface" }
            ID = value
        case .XRES:
            guard !isEnabled else { return value == XRES ? nil : isLocked }
            XRES = value
        case .YRES:
            guard !isEnabled else { return value == YRES ? nil : isLocked }
            YRES = value
        case .BPP:
            guard !isEnabled else { return value == depth.rawValue ? nil : isLocked }
            // 0 has meant 8 since the interface's first version.
            guard let new = Depth(rawValue: value == 0 ? 8 : value) else { return "there are no dots of \(value) bits" }
            depth = new
        case .ENABLE: return enable(Enable(rawValue: value & 0xE3))
        case .BANK:
            guard value < bankLimit else { return "bank \(value) lies behind the memory" }
            bank = value
        case .VIRT_WIDTH:
            var new = self
            new.virtualWidth = value
            guard !isEnabled || new.fits else { return "lines of \(value) dots do not fit \(XRES) × \(YRES)" }
            self = new
        case .X_OFFSET: xOffset = value
        case .Y_OFFSET: yOffset = value
        case .VIRT_HEIGHT, .VIDEO_MEMORY_64K, nil: return "register \(index) of the display interface cannot be written"
        }
        return nil
    }

    private mutating func enable(_ new: Enable) -> String? {
        guard new.contains(.enabled), !isEnabled else {
            if !new.contains(.enabled), isEnabled { bank = 0 }
            ENABLE = new
            return nil
        }
        var mode = self
        (mode.virtualWidth, mode.xOffset, mode.yOffset, mode.bank) = (XRES, 0, 0, 0)
        mode.ENABLE = new
        guard mode.fits else { return "a mode of \(XRES) × \(YRES) dots of \(depth.rawValue) bits does not fit the memory" }
        self = mode
        return nil
    }
}
