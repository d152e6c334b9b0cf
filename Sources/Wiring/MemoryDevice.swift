/// A chip seen through memory addresses (RAM, a ROM, VGA memory, flash, an APIC). Offsets count from the start of its window.
public protocol MemoryDevice: AnyObject {
    /// Host memory behind the 4-KByte page at `offset`, as far as accesses there have no side effects at the moment; by default none.
    /// A device whose answer changes tells the board, which tells the processors.
    func page(at offset: Int) -> PhysicalPage

    /// The byte read at `offset`, with the read's side effects.
    func readMemory(offset: Int) -> UInt8
    /// Writes a byte at `offset`.
    func writeMemory(offset: Int, value: UInt8)
    /// Returns what `readMemory(offset:)` would, without side effects.
    func peekMemory(offset: Int) -> UInt8

    /// Wider accesses; by default single bytes, lowest address first.
    func readMemory(offset: Int, width: AccessWidth) -> UInt32
    /// Writes 1, 2 or 4 bytes; by default single ones, lowest address first.
    func writeMemory(offset: Int, width: AccessWidth, value: UInt32)
}

extension MemoryDevice {
    public func page(at offset: Int) -> PhysicalPage { PhysicalPage(read: nil, write: nil) }

    public func readMemory(offset: Int, width: AccessWidth) -> UInt32 {
        var value: UInt32 = 0
        for byte in 0..<width.rawValue {
            value |= UInt32(readMemory(offset: offset + byte)) << UInt32(8 * byte)
        }
        return value
    }

    /// Writes byte by byte, lowest address first.
    public func writeMemory(offset: Int, width: AccessWidth, value: UInt32) {
        for byte in 0..<width.rawValue {
            writeMemory(offset: offset + byte, value: UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)))
        }
    }
}
