/// The sectors written over a disk: a value. A copy shares its memory with the original until one of them is written to, so keeping
/// one costs nothing at first.
public struct SectorWrites: Equatable, Sendable {
    /// 64 neighbouring sectors, those written marked in `written`.
    public struct Piece: Equatable, Sendable {
        /// Sectors in a piece.
        public static let sectorCount = 64
        /// Bit n: sector n of the piece was written.
        public var written: UInt64
        /// 32 KBytes; what was not written is zero.
        public var bytes: [UInt8]

        /// A piece of 64 sectors.
        public init(written: UInt64 = 0, bytes: [UInt8] = [UInt8](repeating: 0, count: 64 * 512)) {
            precondition(bytes.count == 64 * 512, "a piece has 64 sectors")
            self.written = written
            self.bytes = bytes
        }
    }

    /// By number: piece n begins at sector 64 × n.
    public private(set) var pieces: [UInt64: Piece]

    /// The writes of these pieces, by number: sector divided by 64.
    public init(pieces: [UInt64: Piece] = [:]) { self.pieces = pieces }

    /// Puts all of a piece in the place of what was there.
    public mutating func replace(piece number: UInt64, by piece: Piece) { pieces[number] = piece }

    /// Number of sectors that were written.
    public var sectorCount: Int { pieces.values.reduce(0) { $0 + $1.written.nonzeroBitCount } }

    /// Tells whether a sector was written.
    public func contains(sector: UInt64) -> Bool { (pieces[sector / 64]?.written ?? 0) & (1 << (sector % 64)) != 0 }

    /// Puts the written ones of `buffer.count / 512` sectors from `sector` on into `buffer` and leaves the rest of it.
    public func read(sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) {
        for index in 0..<buffer.count / 512 {
            let current = sector + UInt64(index)
            guard let piece = pieces[current / 64], piece.written & (1 << (current % 64)) != 0 else { continue }
            let start = Int(current % 64) * 512
            UnsafeMutableRawBufferPointer(rebasing: buffer[index * 512..<index * 512 + 512]).copyBytes(
                from: piece.bytes[start..<start + 512])
        }
    }

    /// Takes `buffer.count / 512` sectors from `sector` on.
    public mutating func write(sector: UInt64, from buffer: UnsafeRawBufferPointer) {
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
}

/// A store that keeps this run's writes apart from the disk below, which is only read: so they can be kept and put back.
public protocol OverlaidStore: BlockStore {
    /// The disk below.
    var base: any BlockStore { get }
    /// The writes of this run.
    var writes: SectorWrites { get set }
}
