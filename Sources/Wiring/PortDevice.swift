/// A chip seen through I/O ports. It knows offsets into its own register file, never port numbers:
/// those are the board's. A chip with several register blocks gives each block its own range of offsets
/// and says so in its header.
public protocol PortDevice: AnyObject {
    /// The byte read at `offset`, with the read's side effects.
    func read(offset: Int) -> UInt8
    /// Writes one byte at `offset`.
    func write(offset: Int, value: UInt8)
    /// Returns what `read(offset:)` would, without side effects.
    func peek(offset: Int) -> UInt8
    /// Tells whether `read(offset:)` has no effects now, and will give the same until an event of the clock fires, something is written, or the
    /// outside sends something. False where that is not known.
    func isSteady(offset: Int) -> Bool

    /// A read of `width` bytes starting at `offset`. By default single bytes at successive offsets, lowest first, as the
    /// ISA bus splits it for an 8-bit card; 16-bit devices (the ATA data register) override it.
    func read(offset: Int, width: AccessWidth) -> UInt32
    /// A write of `width` bytes starting at `offset`; split like the read.
    func write(offset: Int, width: AccessWidth, value: UInt32)

    /// The bytes that reads of `width` at `offset` give one after the other, as long as each has no other effect than that the next bytes are next. Fills
    /// the front of `buffer` with whole reads, and counts the bytes; 0 where that is not known.
    func readString(offset: Int, width: AccessWidth, into buffer: UnsafeMutableRawBufferPointer) -> Int
}

extension PortDevice {
    public func isSteady(offset: Int) -> Bool { false }
    public func readString(offset: Int, width: AccessWidth, into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }

    public func read(offset: Int, width: AccessWidth) -> UInt32 {
        var value: UInt32 = 0
        for byte in 0..<width.rawValue {
            value |= UInt32(read(offset: offset + byte)) << UInt32(8 * byte)
        }
        return value
    }

    public func write(offset: Int, width: AccessWidth, value: UInt32) {
        for byte in 0..<width.rawValue {
            write(offset: offset + byte, value: UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)))
        }
    }
}
