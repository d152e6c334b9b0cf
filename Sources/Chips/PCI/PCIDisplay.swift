import Wiring

/// The VGA as a PCI display, with the ids of QEMU's and Bochs' standard adapter (1234:1111; QEMU, "docs/specs/standard-vga").
///
/// BAR 0 is the memory as one stretch, BAR 2 a page of registers: at 400h the ports 3C0h to 3DFh, at 500h the display interface's registers of 16 bits
/// each, at 604h the byte order. The ROM BAR shows a video BIOS where one is given. The VGA's own ports and window are where they always are.
/// Not emulated: EDID (offset 0 reads as 0), big-endian frame buffers.
public final class PCIDisplay: Chip, MemoryDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The function's 256 bytes of configuration space.
        public var configuration: [UInt8] = []
    }

    private static let ports = 0x400..<0x420
    private static let dispi = 0x500..<0x516
    private static let byteOrder = 0x604..<0x608
    private static let littleEndian: UInt32 = 0x1E1E_1E1E

    public let name: String
    /// The function on the PCI bus.
    public let function: PCIFunction
    private let vga: VGA

    /// A PCI face of an adapter; `ROM` is its video BIOS, if it has one.
    public init(name: String = "pcivga", _ vga: VGA, ROM: (any MemoryDevice)? = nil, romSize: Int = 0) {
        self.name = name
        self.vga = vga
        function = PCIFunction(
            name: name, PCIHeader(vendor: 0x1234, device: 0x1111, classCode: 0x03_0000, revision: 2, interruptPin: 1))
        function.declareBAR(0, size: VGA.memorySize, isPrefetchable: true, vga.linearFrameBuffer)
        function.declareBAR(2, size: 4096, self)
        if let ROM { function.declareROM(size: romSize, ROM) }
        vga.irq.connect { [unowned function] in function.setInterrupt($0) }
    }

    public var state: State {
        get { State(configuration: function.configuration) }
        set { function.configuration = newValue.configuration }
    }

    public func reset() { function.reset() }

    // MARK: Registers in memory

    public func readMemory(offset: Int) -> UInt8 {
        Self.ports.contains(offset) ? vga.read(offset: offset - Self.ports.lowerBound) : peekMemory(offset: offset)
    }

    public func peekMemory(offset: Int) -> UInt8 {
        switch offset {
        case Self.ports: vga.peek(offset: offset - Self.ports.lowerBound)
        case Self.dispi:
            UInt8(truncatingIfNeeded: vga.dispiRegister((offset - Self.dispi.lowerBound) / 2) >> (offset % 2 == 0 ? 0 : 8))
        case Self.byteOrder: UInt8(truncatingIfNeeded: Self.littleEndian)
        default: 0
        }
    }

    public func writeMemory(offset: Int, value: UInt8) {
        if Self.ports.contains(offset) { vga.write(offset: offset - Self.ports.lowerBound, value: value) }
    }

    public func writeMemory(offset: Int, width: AccessWidth, value: UInt32) {
        guard Self.dispi.contains(offset) else {
            for byte in 0..<width.rawValue {
                writeMemory(offset: offset + byte, value: UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)))
            }
            return
        }
        // Registers of 16 bits have no halves, as at the ports.
        guard width != .byte, offset % 2 == 0 else { return }
        vga.writeDispi(register: (offset - Self.dispi.lowerBound) / 2, UInt16(truncatingIfNeeded: value))
        if width == .doubleword { writeMemory(offset: offset + 2, width: .word, value: value >> 16) }
    }
}
