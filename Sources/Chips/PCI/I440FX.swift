import Wiring

/// Intel 82441FX, the PMC of the 440FX chipset: host bridge, function 0:0.0 (datasheet 290549).
///
/// Port offsets: 0 is CONFADD, a register for doublewords alone, 4–7 are CONFDATA (configuration mechanism 1; PCI Local Bus
/// Specification 2.1, section 3.7.4.1). Emulated: configuration cycles to bus 0; PAM0–PAM6, which lead reads and writes between C0000h and FFFFFh
/// to RAM or to the bus; SMRAM as far as it opens the RAM behind A0000h (D_OPEN, D_LCK, G_SMRAME).
/// Not emulated: DRAM timing and row registers, SMM itself, error reporting, the cache's and the bus' tuning; buses behind bridges answer FFh.
public final class I440FX: Chip, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The address register of configuration mechanism 1.
        public var CONFADD: UInt32 = 0
        /// The function's 256 bytes of configuration space.
        public var configuration: [UInt8] = []
    }

    /// The place where one of the areas that can be shadowed lies, and which accesses go to RAM there.
    public struct Shadow: Equatable, Sendable {
        /// Physical addresses.
        public let range: Range<UInt64>
        /// Reads go to RAM and not to the bus.
        public let readsRAM: Bool
        /// Writes go to RAM and not to the bus.
        public let writesRAM: Bool
    }

    private static let PAM = 0x59
    private static let SMRAM = 0x72

    private struct SMRAMBits: OptionSet {
        let rawValue: UInt8
        static let G_SMRAME = Self(rawValue: 0x08), D_LCK = Self(rawValue: 0x10), D_CLS = Self(rawValue: 0x20)
        static let D_OPEN = Self(rawValue: 0x40)
    }

    public let name: String
    /// The function on the PCI bus.
    public let function: PCIFunction
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    /// Hears that `shadows` are others than before.
    public var onShadowChange: (() -> Void)?
    private let bus: PCIBus
    private var CONFADD: UInt32 = 0
    private var known: [Shadow] = []
    /// D_LCK was written: derived from SMRAM.
    private var isLocked = false

    /// The bridge to a bus as it is after power-on.
    public init(name: String = "i440fx", bus: PCIBus) {
        self.name = name
        self.bus = bus
        function = PCIFunction(name: name, PCIHeader(vendor: 0x8086, device: 0x1237, classCode: 0x06_0000, revision: 2))
        // The host bridge is always bus master, and always answers for memory.
        function.declare(0x04, .word, 0x0006, writable: 0x0140)
        function.declare(0x0D, .byte, 0, writable: 0xF8)
        function.declare(0x50, .word, 0, writable: 0xFFFF)
        function.declare(0x57, .byte, 1, writable: 0xFF)
        // The two bits of each half: RE and WE; CE and the reserved bit only keep what is written.
        function.declare(Self.PAM, .byte, 0, writable: 0xFF)
        for register in Self.PAM + 1...Self.PAM + 6 { function.declare(register, .byte, 0, writable: 0xFF) }
        function.declare(Self.SMRAM, .byte, 0x02, writable: 0x78)
        function.onWrite = { [unowned self] in registersWritten($0) }
        known = shadows
    }

    public var state: State {
        get { State(CONFADD: CONFADD, configuration: function.configuration) }
        set {
            CONFADD = newValue.CONFADD & 0x80FF_FFFC
            isLocked = false
            function.configuration = newValue.configuration
        }
    }

    public func reset() {
        CONFADD = 0
        isLocked = false
        function.reset()
    }

    // MARK: Memory

    /// The thirteen areas of the PAM registers, and the RAM behind the display's window.
    public var shadows: [Shadow] {
        var shadows: [Shadow] = []
        func add(_ range: Range<UInt64>, _ bits: UInt8) {
            shadows.append(Shadow(range: range, readsRAM: bits & 1 != 0, writesRAM: bits & 2 != 0))
        }
        let SMRAM = SMRAMBits(rawValue: function.bytes[Self.SMRAM])
        add(0xA_0000..<0xC_0000, SMRAM.contains([.G_SMRAME, .D_OPEN]) && !SMRAM.contains(.D_CLS) ? 3 : 0)
        for area in 0..<12 {
            let first = 0xC_0000 + UInt64(area) * 0x4000
            add(first..<first + 0x4000, function.bytes[Self.PAM + 1 + area / 2] >> (area % 2 == 0 ? 0 : 4))
        }
        add(0xF_0000..<0x10_0000, function.bytes[Self.PAM] >> 4)
        return shadows
    }

    private func registersWritten(_ offsets: Range<Int>) {
        if offsets.contains(Self.SMRAM) {
            // Locked, the area is closed, and the register stays as it is until RESET.
            var bits = SMRAMBits(rawValue: function.bytes[Self.SMRAM])
            if isLocked { bits.formUnion([.D_LCK]) }
            if bits.contains(.D_LCK) { bits.remove(.D_OPEN) }
            isLocked = bits.contains(.D_LCK)
            function.set(Self.SMRAM, bits.rawValue)
        }
        let new = shadows
        guard new != known else { return }
        known = new
        onShadowChange?()
    }

    // MARK: Configuration cycles

    private var target: PCIFunction? {
        guard CONFADD >> 31 != 0, CONFADD >> 16 & 0xFF == 0 else { return nil }
        return bus.function(at: PCIBus.Place(Int(CONFADD >> 11 & 31), Int(CONFADD >> 8 & 7)))
    }

    private func register(_ offset: Int) -> Int { Int(CONFADD & 0xFC) + offset - 4 }

    public func read(offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: read(offset: offset, width: .byte)) }
    public func write(offset: Int, value: UInt8) { write(offset: offset, width: .byte, value: UInt32(value)) }
    public func peek(offset: Int) -> UInt8 { read(offset: offset) }

    public func read(offset: Int, width: AccessWidth) -> UInt32 {
        guard offset >= 4 else { return width == .doubleword ? CONFADD : width.mask }
        return target.map { $0.value(register(offset), width) } ?? width.mask
    }

    public func write(offset: Int, width: AccessWidth, value: UInt32) {
        if offset >= 4 {
            target?.write(register(offset), width, value)
        } else if width == .doubleword {
            CONFADD = value & 0x80FF_FFFC
        }
    }
}
