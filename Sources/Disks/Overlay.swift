import Wiring

/// Throw-away writes over another store: what the guest writes is kept in the host's memory and forgotten with the machine;
/// the store below is only read. Takes at most as much memory as the guest has written, in pieces of 32 KBytes.
///
/// `flush` has nothing to keep and succeeds. Always writable, whatever the store below.
public final class Overlay: BlockStore {
    /// 64 neighbouring sectors, those written marked in `written`.
    private struct Piece {
        var written: UInt64 = 0
        var bytes = [UInt8](repeating: 0, count: 64 * 512)
    }

    private let base: any BlockStore
    private var pieces: [UInt64: Piece] = [:]

    public init(over base: any BlockStore) { self.base = base }

    public var sectorCount: UInt64 { base.sectorCount }
    public var isReadOnly: Bool { false }
    /// Sectors that differ, or may differ, from the store below.
    public var writtenSectorCount: Int { pieces.values.reduce(0) { $0 + $1.written.nonzeroBitCount } }

    public func read(sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) {
        let offset = try byteOffset(sector: sector, byteCount: buffer.count)
        if !isCovered(sector, buffer.count / 512) { try base.read(sector: offset / 512, into: buffer) }
        for index in 0..<buffer.count / 512 {
            let current = sector + UInt64(index)
            guard let piece = pieces[current / 64], piece.written & (1 << (current % 64)) != 0 else { continue }
            let start = Int(current % 64) * 512
            UnsafeMutableRawBufferPointer(rebasing: buffer[index * 512..<index * 512 + 512]).copyBytes(
                from: piece.bytes[start..<start + 512])
        }
    }

    public func write(sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) {
        _ = try byteOffset(sector: sector, byteCount: buffer.count)
        for index in 0..<buffer.count / 512 {
            let current = sector + UInt64(index)
            let start = Int(current % 64) * 512
            let source = UnsafeRawBufferPointer(rebasing: buffer[index * 512..<index * 512 + 512])
            pieces[current / 64, default: Piece()].bytes.withUnsafeMutableBytes {
                UnsafeMutableRawBufferPointer(rebasing: $0[start..<start + 512]).copyMemory(from: source)
            }
            pieces[current / 64]!.written |= 1 << (current % 64)
        }
    }

    public func flush() throws(BlockStoreError) {}

    /// Whether all of `count` sectors were written, so that the store below need not be asked.
    private func isCovered(_ sector: UInt64, _ count: Int) -> Bool {
        (0..<UInt64(count)).allSatisfy { index in
            let current = sector + index
            return (pieces[current / 64]?.written ?? 0) & (1 << (current % 64)) != 0
        }
    }
}
