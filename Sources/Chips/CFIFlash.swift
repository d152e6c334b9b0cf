import Wiring

/// A parallel NOR flash memory with Intel's command set, as it is soldered next to a processor for its firmware. JEDEC JESD68.01 (CFI), Intel
/// application note 646; command set 0001h.
///
/// Offsets are bytes of the array. Commands: FFh read array, 70h status, 50h clear status, 90h identifier, 98h CFI query, 10h and 40h program a
/// byte, E8h program a buffer, 20h D0h erase a block of 4 KBytes. Every command is done at once.
/// Not emulated: locks of blocks, suspension; programming sets bits as well as it clears them, which firmware for virtual machines counts on.
///
/// SAFETY: `base` is `size` bytes at a page-aligned host address, allocated in `init` and freed in `deinit`.
public final class CFIFlash: Chip, MemoryDevice {
    /// The meaning of a read, or of the next byte written.
    public enum Mode: UInt8, Codable, Sendable {
        case array, status, identifier, query
        /// The next write is the byte, the number of bytes less one, a byte of the buffer, the confirmation.
        case program, count, buffer, confirm
        case erase
    }

    public struct State: Codable, Equatable, Sendable {
        /// The array's bytes.
        public var contents: [UInt8]
        /// The meaning of reads, and of the next write.
        public var mode: Mode = .array
        /// The status register: bit 7 ready, 5 and 4 errors of the last command.
        public var status: UInt8 = CFIFlash.ready
        /// Bytes of the buffer that are still to come.
        public var left: UInt8 = 0
    }

    /// The status register's bit 7: no command is under way.
    public static let ready: UInt8 = 0x80
    private static let programError: UInt8 = 0x10, eraseError: UInt8 = 0x20, bothErrors: UInt8 = 0x30
    static let blockSize = 4096
    /// Sizes in bytes: whole blocks, up to what has room below 4 GB.
    public static let sizes = blockSize...16 << 20

    public let name: String
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    /// Hears that reads give something else now: the array or not, or other code in it.
    public var onPagesChange: (() -> Void)?
    /// Length of the array in bytes.
    public let size: Int
    private let base: UnsafeMutableRawPointer
    private let store: (any BlockStore)?
    private let isReadOnly: Bool
    private var registers = State(contents: [])
    /// Another state than the store's was put in place.
    private var storeIsOld = false

    /// `contents` is the array. What is programmed goes to `store`, where there is one, sector by sector.
    public init(name: String, contents: [UInt8], store: (any BlockStore)?, isReadOnly: Bool) {
        precondition(contents.count % Self.blockSize == 0 && Self.sizes.contains(contents.count), "whole blocks")
        self.name = name
        self.store = store
        self.isReadOnly = isReadOnly
        size = contents.count
        base = .allocate(byteCount: size, alignment: 4096)
        contents.withUnsafeBytes { base.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: size) }
    }

    deinit { base.deallocate() }

    public var state: State {
        get {
            var state = registers
            state.contents = Array(UnsafeRawBufferPointer(start: base, count: size))
            return state
        }
        set {
            registers = newValue
            registers.contents = []
            let count = min(newValue.contents.count, size)
            newValue.contents.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress { base.copyMemory(from: start, byteCount: count) }
            }
            // Bytes that a state does not have are erased ones.
            (base + count).initializeMemory(as: UInt8.self, repeating: 0xFF, count: size - count)
            storeIsOld = true
            onPagesChange?()
        }
    }

    public func reset() {
        registers = State(contents: [])
        onPagesChange?()
    }

    // MARK: Reading

    public func page(at offset: Int) -> PhysicalPage {
        PhysicalPage(read: registers.mode == .array && offset < size ? base + (offset & ~0xFFF) : nil, write: nil)
    }

    public func readMemory(offset: Int) -> UInt8 { peekMemory(offset: offset) }

    public func peekMemory(offset: Int) -> UInt8 {
        guard (0..<size).contains(offset) else { return 0xFF }
        switch registers.mode {
        case .array: return base.load(fromByteOffset: offset, as: UInt8.self)
        // Manufacturer and device: Intel, 28F640J3.
        case .identifier: return offset & 0xFF == 0 ? 0x89 : offset & 0xFF == 1 ? 0x18 : 0
        case .query: return query(offset & 0xFF)
        default: return registers.status
        }
    }

    /// The CFI table: JESD68.01, tables 1 to 4.
    private func query(_ offset: Int) -> UInt8 {
        let blocks = size / Self.blockSize - 1
        let table: [Int: UInt8] = [
            0x10: 0x51, 0x11: 0x52, 0x12: 0x59,
            // Command set, and where its own table is.
            0x13: 0x01, 0x15: 0x31,
            // Voltages, times as powers of two.
            0x1B: 0x45, 0x1C: 0x55, 0x1F: 0x07, 0x20: 0x07, 0x21: 0x0A, 0x23: 0x04, 0x24: 0x04, 0x25: 0x04,
            // Size and buffer as powers of two, regions of blocks.
            0x27: UInt8(size.bitWidth - 1 - size.leadingZeroBitCount), 0x28: 0x02, 0x2A: 0x05, 0x2C: 0x01,
            0x2D: UInt8(truncatingIfNeeded: blocks), 0x2E: UInt8(truncatingIfNeeded: blocks >> 8),
            0x2F: UInt8(truncatingIfNeeded: Self.blockSize >> 8), 0x30: UInt8(truncatingIfNeeded: Self.blockSize >> 16),
            0x31: 0x50, 0x32: 0x52, 0x33: 0x49, 0x34: 0x31, 0x35: 0x30,
        ]
        return table[offset] ?? 0
    }

    // MARK: Commands

    public func writeMemory(offset: Int, value: UInt8) {
        guard (0..<size).contains(offset) else { return }
        switch registers.mode {
        case .program:
            program(offset, value)
            enter(.status)
        case .count:
            registers.left = value
            enter(.buffer)
        case .buffer:
            program(offset, value)
            if registers.left == 0 { enter(.confirm) } else { registers.left &-= 1 }
        case .confirm: enter(.status)
        case .erase:
            // D0h confirms; anything else is a wrong sequence of commands.
            if value == 0xD0 { erase(offset) } else { registers.status |= Self.bothErrors }
            enter(.status)
        default: command(value)
        }
    }

    private func command(_ value: UInt8) {
        switch value {
        case 0x10, 0x40: enter(.program)
        case 0x20: enter(.erase)
        case 0x50:
            registers.status = Self.ready
            enter(.array)
        case 0x60, 0x70: enter(.status)
        case 0x90: enter(.identifier)
        case 0x98: enter(.query)
        case 0xE8: enter(.count)
        default: enter(.array)
        }
    }

    private func enter(_ mode: Mode) {
        let showed = registers.mode == .array
        registers.mode = mode
        if showed != (mode == .array) { onPagesChange?() }
    }

    private func program(_ offset: Int, _ value: UInt8) {
        guard !isReadOnly else { return registers.status |= Self.programError }
        base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
        write(offset..<offset + 1, orSet: Self.programError)
    }

    private func erase(_ offset: Int) {
        guard !isReadOnly else { return registers.status |= Self.eraseError }
        let start = offset & ~(Self.blockSize - 1)
        (base + start).initializeMemory(as: UInt8.self, repeating: 0xFF, count: Self.blockSize)
        write(start..<start + Self.blockSize, orSet: Self.eraseError)
    }

    /// Brings the sectors of `range` to the store.
    private func write(_ range: Range<Int>, orSet bit: UInt8) {
        guard let store else { return }
        let range = storeIsOld ? 0..<size : range
        let first = range.lowerBound / 512, last = min((range.upperBound - 1) / 512, Int(store.sectorCount) - 1)
        guard first <= last else { return }
        do throws(BlockStoreError) {
            try store.write(
                sector: UInt64(first), from: UnsafeRawBufferPointer(start: base + 512 * first, count: 512 * (last - first + 1)))
            storeIsOld = false
        } catch {
            registers.status |= bit
            diagnostics?.report(Diagnostic(chip: name, message: "the file of the flash memory cannot be written: \(error)"))
        }
    }
}
