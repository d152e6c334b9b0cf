import Wiring

/// Second-level tables in memory, by their place in the file, and what of them the file does not have yet. Bounded: clean ones make room.
struct Qcow2Tables {
    struct Table {
        var entries: [UInt64]
        /// 512-byte pieces of 64 entries that differ from the file.
        var changed: Set<Int> = []
        var lastUse: UInt64 = 0
    }

    /// Entries of a table.
    let count: Int
    private(set) var tables: [UInt64: Table] = [:]
    private var uses: UInt64 = 0
    /// First-level entries that differ from the file.
    var changedL1: Set<Int> = []
    private let most: Int

    init(count: Int) {
        self.count = count
        // 16 MB of them.
        most = max(4, (16 << 20) / (8 * count))
    }

    var hasChanges: Bool { !changedL1.isEmpty || tables.values.contains { !$0.changed.isEmpty } }

    mutating func use(_ offset: UInt64) -> Bool {
        uses += 1
        guard tables[offset] != nil else { return false }
        tables[offset]!.lastUse = uses
        return true
    }

    mutating func insert(_ entries: [UInt64], at offset: UInt64, isNew: Bool) {
        if tables.count >= most,
            let oldest = tables.filter({ $0.value.changed.isEmpty }).min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            tables[oldest.key] = nil
        }
        uses += 1
        tables[offset] = Table(entries: entries, changed: isNew ? Set(0..<max(count / 64, 1)) : [], lastUse: uses)
    }

    func entry(_ index: Int, at offset: UInt64) -> UInt64 { tables[offset]?.entries[index] ?? 0 }

    mutating func set(_ index: Int, at offset: UInt64, _ entry: UInt64) {
        tables[offset]!.entries[index] = entry
        tables[offset]!.changed.insert(index / 64)
    }

    mutating func markClean() {
        for offset in tables.keys where !tables[offset]!.changed.isEmpty { tables[offset]!.changed = [] }
        changedL1 = []
    }

    /// `count` big-endian numbers.
    static func numbers(
        _ file: any ImageFile, at offset: UInt64, count: Int, fileSize: UInt64
    ) throws(HostFile.Refusal) -> [UInt64] {
        let bytes = try file.bytes(at: offset, count: 8 * count, fileSize: fileSize)
        return bytes.withUnsafeBytes { raw in
            (0..<count).map { UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
        }
    }

    static func bytes(_ numbers: some Collection<UInt64>) -> [UInt8] {
        numbers.map(\.bigEndian).withUnsafeBytes { Array($0) }
    }
}

/// From a disk's cluster to where it is.
extension Qcow2Image {
    enum Place: Equatable {
        case backing
        /// Reads as zeros; a cluster of the file may be kept for it.
        case zero(kept: UInt64?)
        case data(UInt64, isShared: Bool)
        /// Place and length of what the cluster was compressed to; the length is a bound.
        case compressed(UInt64, count: Int)
    }

    /// Tells where second-level table `index` is in the file; nil when there is none.
    func tableOffset(_ index: Int) throws(Qcow2Failure) -> UInt64? {
        let offset = l1[index] & Self.offsetMask
        guard offset != 0 else { return nil }
        guard offset % header.clusterSize == 0, offset < fileSize else {
            throw .damaged("entry \(index) of the first-level table leads outside the file")
        }
        return offset
    }

    /// Reads second-level table `index` into memory, and tells where it is in the file; nil when there is none.
    func loadedTable(_ index: Int) throws(Qcow2Failure) -> UInt64? {
        guard let offset = try tableOffset(index) else { return nil }
        if tables.use(offset) { return offset }
        let entries = try host { () throws(HostFile.Refusal) in
            try Qcow2Tables.numbers(file, at: offset, count: tables.count, fileSize: fileSize)
        }
        tables.insert(entries, at: offset, isNew: false)
        return offset
    }

    func place(ofCluster cluster: UInt64) throws(Qcow2Failure) -> Place {
        guard let table = try loadedTable(Int(cluster / header.l2Count)) else { return .backing }
        return try place(of: tables.entry(Int(cluster % header.l2Count), at: table))
    }

    func place(of entry: UInt64) throws(Qcow2Failure) -> Place {
        if entry & Self.compressed != 0 {
            let shift = UInt64(62 - (header.clusterBits - 8))
            let offset = entry & ((1 << shift) - 1)
            let sectors = (entry & (Self.compressed - 1)) >> shift
            guard offset < fileSize else { throw .damaged("a compressed cluster lies outside the file") }
            return .compressed(offset, count: Int((sectors + 1) * 512 - offset % 512))
        }
        let offset = entry & Self.offsetMask
        guard offset % header.clusterSize == 0 else { throw .damaged("a cluster does not begin where clusters do") }
        if header.version >= 3, entry & Self.zero != 0 { return .zero(kept: offset == 0 ? nil : offset) }
        if offset == 0 { return .backing }
        guard offset < fileSize else { throw .damaged("a cluster lies outside the file") }
        return .data(offset, isShared: entry & Self.copied == 0)
    }

    // MARK: Reading

    func read(at start: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Qcow2Failure) {
        var done = 0
        while done < buffer.count {
            let position = start + UInt64(done)
            let within = position % header.clusterSize
            let count = Int(min(header.clusterSize - within, UInt64(buffer.count - done)))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
            switch try place(ofCluster: position / header.clusterSize) {
            case .backing: try readBacking(at: position, into: part)
            case .zero: part.initializeMemory(as: UInt8.self, repeating: 0)
            case .data(let offset, _):
                try host { () throws(HostFile.Refusal) in try file.read(at: offset + within, into: part, fileSize: fileSize) }
            case .compressed(let offset, let bound):
                let cluster = try expand(at: offset, bound: bound)
                part.copyBytes(from: cluster[Int(within)..<Int(within) + count])
            }
            done += count
        }
    }

    /// Zeros where there is no backing store, or behind its end.
    private func readBacking(at start: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Qcow2Failure) {
        let end = (backing?.sectorCount ?? 0) * 512
        let there = start < end ? Int(min(end - start, UInt64(buffer.count))) : 0
        UnsafeMutableRawBufferPointer(rebasing: buffer[there...]).initializeMemory(as: UInt8.self, repeating: 0)
        guard there > 0, let backing else { return }
        do throws(BlockStoreError) {
            try backing.read(sector: start / 512, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<there]))
        } catch {
            throw .store(error)
        }
    }
}
