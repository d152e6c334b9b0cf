import Wiring

/// A disk in the host's memory, gone when the machine is.
public final class MemoryStore: BlockStore {
    /// The disk's contents.
    public private(set) var bytes: [UInt8]
    public let isReadOnly: Bool
    public private(set) var isChanged = false
    /// Number of calls of `flush`.
    public private(set) var flushCount = 0

    public var sectorCount: UInt64 { UInt64(bytes.count / 512) }

    /// A disk with `bytes` on it, filled up with zeros to whole sectors.
    public init(bytes: [UInt8], isReadOnly: Bool = false) {
        self.bytes = bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
        self.isReadOnly = isReadOnly
    }

    /// A disk of zeros, of so many sectors of 512 bytes.
    public convenience init(sectorCount: Int, isReadOnly: Bool = false) {
        self.init(bytes: [UInt8](repeating: 0, count: 512 * sectorCount), isReadOnly: isReadOnly)
    }

    public func read(sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) {
        let offset = Int(try byteOffset(sector: sector, byteCount: buffer.count))
        buffer.copyBytes(from: bytes[offset..<offset + buffer.count])
    }

    public func write(sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) {
        guard !isReadOnly else { throw .readOnly }
        let offset = Int(try byteOffset(sector: sector, byteCount: buffer.count))
        isChanged = true
        bytes.withUnsafeMutableBytes {
            $0.baseAddress!.advanced(by: offset).copyMemory(from: buffer.baseAddress!, byteCount: buffer.count)
        }
    }

    public func flush() throws(BlockStoreError) { flushCount += 1 }
}
