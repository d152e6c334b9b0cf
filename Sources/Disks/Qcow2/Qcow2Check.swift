/// What an examination of a qcow2 image found.
public struct Qcow2Report: Equatable, Sendable {
    /// Contradictions that can lose data; the first hundred.
    public var errors: [String] = []
    public var errorCount = 0
    /// Those of them that are counts lower than the references; `repairs` mends these.
    public var miscounts = 0
    /// Clusters that nobody refers to and that count as used: lost space, nothing else.
    public var leaks = 0
    /// Clusters of the disk that are in this file, and how many of them are compressed.
    public var allocated: UInt64 = 0
    public var compressed: UInt64 = 0
    /// Clusters of the disk.
    public var total: UInt64 = 0
    public var snapshots: UInt32 = 0
    /// The image says itself that its counts may be wrong.
    public var isDirty = false

    mutating func add(_ error: String) {
        errorCount += 1
        if errors.count < 100 { errors.append(error) }
    }
}

extension Qcow2Image {
    /// Makes the counts of the file what was found, and when nothing else is wrong takes back the image's note that they may be wrong.
    func repair(_ found: [UInt16], isOtherwiseWhole: Bool) throws(Qcow2Failure) {
        for cluster in found.indices where try refcount(of: UInt64(cluster)) != found[cluster] {
            try setRefcount(of: UInt64(cluster), found[cluster])
        }
        try barrier()
        guard isOtherwiseWhole, header.version == 3 else { return }
        let features = header.incompatible.subtracting([.dirty, .corrupt]).rawValue
        try writeBytes(Qcow2Tables.bytes([features]), at: 72)
        try barrier()
    }
}

/// Counts all references of an image and compares them with what the image says.
struct Qcow2Checker {
    private let image: Qcow2Image
    private(set) var report = Qcow2Report()
    /// References found, by cluster of the file.
    private(set) var found: [UInt16]
    private let clusterSize: UInt64
    private let fileClusters: UInt64

    /// nil when the file has more clusters than can be counted in memory.
    init?(_ image: Qcow2Image) {
        self.image = image
        clusterSize = image.header.clusterSize
        fileClusters = (image.fileSize + clusterSize - 1) / clusterSize
        // Counts may reach further than the file.
        let counted = image.refcounts.table.lastIndex { $0 != 0 }.map { UInt64($0 + 1) * image.header.refcountsPerBlock } ?? 0
        guard max(fileClusters, counted) <= 1 << 27 else { return nil }
        found = [UInt16](repeating: 0, count: Int(max(fileClusters, counted)))
    }

    mutating func run() throws(Qcow2Failure) {
        let header = image.header
        report.total = (header.size - 1) / clusterSize + 1
        report.snapshots = header.snapshotCount
        report.isDirty = !header.incompatible.isDisjoint(with: [.dirty, .corrupt])
        mark(0, 1, "the header")
        mark(header.refcountOffset, UInt64(header.refcountClusters) * clusterSize, "the reference count table")
        for offset in image.refcounts.table where offset != 0 { mark(offset & ~511, clusterSize, "a block of reference counts") }
        try count(l1: image.l1, at: header.l1Offset, isActive: true)
        try countSnapshots()
        if header.refcountOrder == 4 { try compare() }
    }

    private mutating func mark(_ offset: UInt64, _ bytes: UInt64, _ what: String) {
        guard bytes > 0 else { return }
        let last = (offset &+ bytes &- 1) / clusterSize
        guard offset &+ bytes > offset, last < fileClusters else {
            return report.add("\(what) at \(offset) lies outside the file")
        }
        for cluster in Int(offset / clusterSize)...Int(last) where found[cluster] < .max { found[cluster] += 1 }
    }

    private mutating func count(l1: [UInt64], at offset: UInt64, isActive: Bool) throws(Qcow2Failure) {
        mark(offset, UInt64(l1.count) * 8, "a first-level table")
        for (index, entry) in l1.enumerated() where entry & Qcow2Image.offsetMask != 0 {
            let table = entry & Qcow2Image.offsetMask
            guard table % clusterSize == 0, table < image.fileSize else {
                report.add("entry \(index) of a first-level table leads outside the file")
                continue
            }
            mark(table, clusterSize, "a second-level table")
            if isActive { try checkCopied(entry, table, "second-level table \(index)") }
            let entries = try image.host { () throws(HostFile.Refusal) in
                try Qcow2Tables.numbers(image.file, at: table, count: image.tables.count, fileSize: image.fileSize)
            }
            for (number, entry) in entries.enumerated() where entry != 0 {
                try count(entry, UInt64(index) * image.header.l2Count + UInt64(number), isActive)
            }
        }
    }

    private mutating func count(_ entry: UInt64, _ cluster: UInt64, _ isActive: Bool) throws(Qcow2Failure) {
        let place: Qcow2Image.Place
        do throws(Qcow2Failure) {
            place = try image.place(of: entry)
        } catch {
            guard case .damaged(let what) = error else { throw error }
            return report.add("cluster \(cluster) of the disk: \(what)")
        }
        switch place {
        case .backing, .zero(kept: nil): return
        case .zero(let offset?), .data(let offset, _):
            mark(offset, clusterSize, "cluster \(cluster) of the disk")
            if isActive { try checkCopied(entry, offset, "cluster \(cluster) of the disk") }
        case .compressed(let offset, let count):
            mark(offset, min(UInt64(count), max(image.fileSize, offset + 1) - offset), "compressed cluster \(cluster) of the disk")
            if isActive { report.compressed += 1 }
        }
        if isActive { report.allocated += 1 }
    }

    /// An entry is marked as the only reference exactly when its count is 1.
    private mutating func checkCopied(_ entry: UInt64, _ offset: UInt64, _ what: String) throws(Qcow2Failure) {
        guard image.header.refcountOrder == 4 else { return }
        let isAlone = try image.refcount(of: offset / clusterSize) == 1
        if (entry & Qcow2Image.copied != 0) != isAlone { report.add("\(what): the mark of a single reference is wrong") }
    }

    /// QEMU's snapshots have first-level tables of their own. docs/interop/qcow2.rst, "Snapshots".
    private mutating func countSnapshots() throws(Qcow2Failure) {
        guard image.header.snapshotCount > 0 else { return }
        let start = image.header.snapshotsOffset
        var offset = start
        for number in 0..<min(image.header.snapshotCount, 65536) {
            let head = try bytes(at: offset, 40)
            func number64(_ at: Int) -> UInt64 { head[at..<at + 8].reduce(0) { $0 << 8 | UInt64($1) } }
            func number32(_ at: Int) -> UInt64 { head[at..<at + 4].reduce(0) { $0 << 8 | UInt64($1) } }
            let (l1Offset, l1Count) = (number64(0), number32(8))
            let names = UInt64(head[12]) << 8 + UInt64(head[13]) + UInt64(head[14]) << 8 + UInt64(head[15])
            guard offset < image.fileSize, l1Offset < image.fileSize, l1Count <= 4 << 20 else {
                return report.add("snapshot \(number) lies outside the file")
            }
            let l1 = try image.host { () throws(HostFile.Refusal) in
                try Qcow2Tables.numbers(image.file, at: l1Offset, count: Int(l1Count), fileSize: image.fileSize)
            }
            try count(l1: l1, at: l1Offset, isActive: false)
            offset += (40 + number32(36) + names + 7) / 8 * 8
        }
        mark(start, offset - start, "the table of snapshots")
    }

    private func bytes(at offset: UInt64, _ count: Int) throws(Qcow2Failure) -> [UInt8] {
        try image.host { () throws(HostFile.Refusal) in
            try image.file.bytes(at: offset, count: count, fileSize: image.fileSize)
        }
    }

    private mutating func compare() throws(Qcow2Failure) {
        for cluster in found.indices {
            let stored = try image.refcount(of: UInt64(cluster))
            if stored < found[cluster] {
                report.miscounts += 1
                report.add("cluster \(cluster) of the file is referred to \(found[cluster]) times and counted \(stored) times")
            } else if stored > found[cluster] {
                report.leaks += 1
            }
        }
    }
}
