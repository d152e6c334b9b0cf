import Wiring

/// QEMU's pc-testdev, which kvm-unit-tests asks for: ports that keep what is written, interrupt lines, and a little memory with side effects.
///
/// Port offsets: 0–3 keep what is written; 4–7 take the address of a page that is to be flushed; 32–55 are the interrupt lines 0–23. The memory
/// keeps what is written.
public final class PCTestDevice: Chip, PortDevice, MemoryDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The doubleword of ports 0–3.
        public var value: UInt32 = 0
        /// The interrupt lines, one bit each.
        public var lines: UInt32 = 0
        /// The memory.
        public var memory = [UInt8](repeating: 0, count: PCTestDevice.memorySize)
    }

    /// Length of the memory in bytes.
    public static let memorySize = 0x1_0000
    private static let lineCount = 24

    public let name: String
    /// Hears of an interrupt line that has another level.
    public var onLine: ((Int, Bool) -> Void)?
    private var registers = State()

    /// The chip as it is after power-on.
    public init(name: String = "testdev") { self.name = name }

    public var state: State {
        get { registers }
        set {
            registers.value = newValue.value
            registers.memory = Array(
                (newValue.memory + [UInt8](repeating: 0, count: Self.memorySize)).prefix(Self.memorySize))
            drive(newValue.lines)
        }
    }

    public func reset() {
        registers.value = 0
        drive(0)
    }

    private func drive(_ lines: UInt32) {
        let changed = (registers.lines ^ lines) & (1 << UInt32(Self.lineCount) - 1)
        registers.lines ^= changed
        for line in 0..<Self.lineCount where changed >> UInt32(line) & 1 != 0 { onLine?(line, lines >> UInt32(line) & 1 != 0) }
    }

    // MARK: Ports

    public func read(offset: Int) -> UInt8 { peek(offset: offset) }

    public func peek(offset: Int) -> UInt8 {
        switch offset {
        case 0..<4: UInt8(truncatingIfNeeded: registers.value >> UInt32(8 * offset))
        // Whoever reads the flush port gets nothing.
        case 4..<8: 0
        default: 0xFF
        }
    }

    public func write(offset: Int, value: UInt8) {
        switch offset {
        case 0..<4:
            let shift = UInt32(8 * offset)
            registers.value = registers.value & ~(0xFF << shift) | UInt32(value) << shift
        case 32..<32 + Self.lineCount:
            let bit: UInt32 = 1 << UInt32(offset - 32)
            drive(value != 0 ? registers.lines | bit : registers.lines & ~bit)
        // Translations are flushed when the guest says so; nothing is kept of a page beyond that.
        default: break
        }
    }

    public func write(offset: Int, width: AccessWidth, value: UInt32) {
        if offset >= 32 { return write(offset: offset, value: value & width.mask != 0 ? 1 : 0) }
        for byte in 0..<width.rawValue {
            write(offset: offset + byte, value: UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)))
        }
    }

    // MARK: Memory

    public func readMemory(offset: Int) -> UInt8 { peekMemory(offset: offset) }
    public func peekMemory(offset: Int) -> UInt8 {
        registers.memory.indices.contains(offset) ? registers.memory[offset] : 0xFF
    }
    public func writeMemory(offset: Int, value: UInt8) {
        if registers.memory.indices.contains(offset) { registers.memory[offset] = value }
    }
}
