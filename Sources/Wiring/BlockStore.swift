/// A store of a disk drive's sectors. Sectors have 512 bytes.
public protocol BlockStore: AnyObject {
    /// Length of the disk in sectors.
    var sectorCount: UInt64 { get }
    /// Writes are refused.
    var isReadOnly: Bool { get }
    /// Something was written to it since it was opened, or may have been.
    var isChanged: Bool { get }
    /// Reads `buffer.count / 512` sectors from `sector` on.
    func read(sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError)
    /// Writes `buffer.count / 512` sectors from `sector` on.
    func write(sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError)
    /// Returns once everything written so far is where a crash of the host program does not lose it.
    func flush() throws(BlockStoreError)
}

extension BlockStore {
    /// A store that does not look counts as written.
    public var isChanged: Bool { true }
}

/// The reason why a `BlockStore` could not do what it was asked.
public enum BlockStoreError: Error, Equatable, Sendable {
    /// The range does not lie within the store.
    case outOfRange(sector: UInt64, count: UInt64)
    case readOnly
    /// The store does not take this: why, and the remedy.
    case refused(String)
    /// The host refused: `errno` and the operation.
    case host(errno: Int32, operation: String)
    /// The image contradicts itself: what is wrong, and the remedy.
    case damaged(String)
}
