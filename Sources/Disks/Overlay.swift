import Wiring

/// Throw-away writes over another store: what the guest writes is kept in the host's memory and forgotten with the machine;
/// the store below is only read. Takes at most as much memory as the guest has written, in pieces of 32 KBytes.
///
/// `flush` has nothing to keep and succeeds. Always writable, whatever the store below.
public final class Overlay: OverlaidStore {
    public let base: any BlockStore
    public var writes = SectorWrites()

    /// An overlay in which nothing is written yet.
    public init(over base: any BlockStore) { self.base = base }

    public var sectorCount: UInt64 { base.sectorCount }
    public var isReadOnly: Bool { false }
    /// Sectors that differ, or may differ, from the store below.
    public var writtenSectorCount: Int { writes.sectorCount }

    public func read(sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) {
        let offset = try byteOffset(sector: sector, byteCount: buffer.count)
        if !isCovered(sector, buffer.count / 512) { try base.read(sector: offset / 512, into: buffer) }
        writes.read(sector: sector, into: buffer)
    }

    public func write(sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) {
        _ = try byteOffset(sector: sector, byteCount: buffer.count)
        writes.write(sector: sector, from: buffer)
    }

    public func flush() throws(BlockStoreError) {}

    /// Tells whether all of `count` sectors were written, so that the store below need not be asked.
    private func isCovered(_ sector: UInt64, _ count: Int) -> Bool {
        (0..<UInt64(count)).allSatisfy { writes.contains(sector: sector + $0) }
    }
}
