import Compression

/// The outer form of a snapshot: "swemusnp", the format's number (32 bits, low byte first), then chunks. A chunk is a tag of four letters, its
/// length, the length of its compressed form (32 bits each) and a zlib stream, whose checksum guards it. The last is "END ".
enum SnapshotChunk {
    enum Tag: String, CaseIterable {
        case machine = "MACH"
        case processor = "CPU "
        case chip = "CHIP"
        case input = "GATE"
        case disk = "DISK"
        case memory = "RAM "
        case end = "END "
    }

    static let magic = Array("swemusnp".utf8)
    /// Plain bytes in a chunk at most, which bounds what a reader has to hold: the display adapter's 16 MBytes and its registers.
    static let longest = 17 << 20
    /// Plain bytes after which a chunk of memory is closed.
    static let usual = 1 << 19
    static let headerLength = 12
}

/// Hands a snapshot on piece by piece.
struct SnapshotWriter {
    private let sink: ([UInt8]) -> Bool

    /// `sink` takes the next bytes of the file and says whether it could.
    init(_ sink: @escaping ([UInt8]) -> Bool) throws(SnapshotError) {
        self.sink = sink
        try put(SnapshotChunk.magic + Self.bytes(Snapshot.version))
    }

    func write(_ tag: SnapshotChunk.Tag, _ content: [UInt8]) throws(SnapshotError) {
        precondition(content.count <= SnapshotChunk.longest, "chunks are short")
        let stored = content.withUnsafeBytes { Zlib.compress($0) }
        guard let stored else { throw .cannotWrite }
        try put(Array(tag.rawValue.utf8) + Self.bytes(UInt32(content.count)) + Self.bytes(UInt32(stored.count)) + stored)
    }

    func write(_ tag: SnapshotChunk.Tag, _ value: StateValue) throws(SnapshotError) {
        var bytes: [UInt8] = []
        value.append(to: &bytes)
        try write(tag, bytes)
    }

    private func put(_ bytes: [UInt8]) throws(SnapshotError) {
        guard sink(bytes) else { throw .cannotWrite }
    }

    private static func bytes(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }
}

/// Takes a snapshot from anybody, chunk by chunk.
struct SnapshotReader {
    private let source: (Int) -> [UInt8]

    /// `source` gives the next so many bytes of the file, fewer only at its end.
    init(_ source: @escaping (Int) -> [UInt8]) throws(SnapshotError) {
        self.source = source
        let start = source(SnapshotChunk.magic.count + 4)
        guard start.starts(with: SnapshotChunk.magic) else { throw .notASnapshot }
        guard start.count == SnapshotChunk.magic.count + 4 else { throw .truncated }
        let version = Self.number(start, SnapshotChunk.magic.count)
        guard version == Snapshot.version else { throw .version(version) }
    }

    func next() throws(SnapshotError) -> (tag: SnapshotChunk.Tag, content: [UInt8]) {
        let header = source(SnapshotChunk.headerLength)
        guard header.count == SnapshotChunk.headerLength else { throw .truncated }
        guard let tag = SnapshotChunk.Tag(rawValue: String(decoding: header[..<4], as: UTF8.self)) else {
            throw .damaged(part: "unknown part")
        }
        let (count, storedCount) = (Int(Self.number(header, 4)), Int(Self.number(header, 8)))
        // zlib adds a few bytes to what cannot be compressed.
        guard count <= SnapshotChunk.longest, storedCount <= SnapshotChunk.longest + 65536 else {
            throw .damaged(part: tag.rawValue)
        }
        let stored = source(storedCount)
        guard stored.count == storedCount else { throw .truncated }
        let content = stored.withUnsafeBytes { Zlib.expand($0, count: count) }
        guard let content else { throw .damaged(part: tag.rawValue) }
        return (tag, content)
    }

    /// A file ends where its snapshot does.
    func requireEnd() throws(SnapshotError) {
        guard source(1).isEmpty else { throw .damaged(part: "more follows its end") }
    }

    /// The next chunk, which has to be a `tag`, as a value.
    func value(_ tag: SnapshotChunk.Tag) throws(SnapshotError) -> StateValue {
        let chunk = try next()
        guard chunk.tag == tag, let value = StateValue(parsing: chunk.content) else { throw .damaged(part: tag.rawValue) }
        return value
    }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }
}
