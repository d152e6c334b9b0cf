/// Findings of an examination of a qcow2 image.
public struct Qcow2Report: Equatable, Sendable {
    /// Contradictions that can lose data; the first hundred.
    public var errors: [String] = []
    /// Number of contradictions that can lose data.
    public var errorCount = 0
    /// Those of them that are counts lower than the references; `repairs` mends these.
    public var miscounts = 0
    /// Clusters that nobody refers to and that count as used: lost space, nothing else.
    public var leaks = 0
    /// Clusters of the disk that are in this file, and how many of them are compressed.
    public var allocated: UInt64 = 0
    /// Number of compressed clusters.
    public var compressed: UInt64 = 0
    /// Clusters of the disk.
    public var total: UInt64 = 0
    /// Number of snapshots in the image.
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
    /// The image's own counts, by cluster of the file; empty where its counts are not of 16 bits.
    private var stored: [UInt16] = []
    private let clusterSize: UInt64
    private let fileClusters: UInt64
    /// Second-level tables, by their place: which first-level entry leads there, whether from the disk itself, and how many do. A table that a
    /// thousand others refer to is read once.
    private var tables: [UInt64: (index: Int, uses: UInt16, activeUses: UInt64)] = [:]
    /// Bytes of first-level tables so far; those of a sound image do not overlap.
    private var firstLevelBytes: UInt64 = 0

    /// nil when the file has more clusters than can be counted in memory.
    init?(_ image: Qcow2Image) throws(Qcow2Failure) {
        self.image = image
        clusterSize = image.header.clusterSize
        fileClusters = (image.fileSize + clusterSize - 1) / clusterSize
        // Counts may reach further than the file.
        let counted = image.refcounts.table.lastIndex { $0 != 0 }.map { UInt64($0 + 1) * image.header.refcountsPerBlock } ?? 0
        guard max(fileClusters, counted) <= 1 << 27 else { return nil }
        found = [UInt16](repeating: 0, count: Int(max(fileClusters, counted)))
        guard image.header.refcountOrder == 4 else { return }
        stored = try image.allRefcounts(found.count)
    }

    mutating func run(_ progress: (Double) -> Void = { _ in }) throws(Qcow2Failure) {
        let header = image.header
        report.total = (header.size - 1) / clusterSize + 1
        report.snapshots = header.snapshotCount
        report.isDirty = !header.incompatible.isDisjoint(with: [.dirty, .corrupt])
        mark(0, 1, "the header")
        mark(header.refcountOffset, UInt64(header.refcountClusters) * clusterSize, "the reference count table")
        for offset in image.refcounts.table where offset != 0 { mark(offset & ~511, clusterSize, "a block of reference counts") }
        try count(l1: image.l1, at: header.l1Offset, isActive: true, uses: 1)
        try countSnapshots()
        for (number, table) in tables.sorted(by: { $0.key < $1.key }).enumerated() {
            try countTable(at: table.key, table.value)
            if number % 64 == 0 { progress(Double(number) / Double(tables.count)) }
        }
        compare()
        progress(1)
    }

    /// The clusters from `offset` on are referred to `uses` times more.
    private mutating func mark(_ offset: UInt64, _ bytes: UInt64, _ what: String, uses: UInt16 = 1) {
        guard bytes > 0 else { return }
        let last = (offset &+ bytes &- 1) / clusterSize
        guard offset &+ bytes > offset, last < fileClusters else {
            return report.add("\(what) at \(offset) lies outside the file")
        }
        for cluster in Int(offset / clusterSize)...Int(last) {
            let (sum, overflow) = found[cluster].addingReportingOverflow(uses)
            found[cluster] = overflow ? .max : sum
        }
    }

    /// A first-level table that `uses` disks have: the active one, or snapshots.
    private mutating func count(l1: [UInt64], at offset: UInt64, isActive: Bool, uses: UInt16) throws(Qcow2Failure) {
        mark(offset, UInt64(l1.count) * 8, "a first-level table", uses: uses)
        for (index, entry) in l1.enumerated() where entry & Qcow2Image.offsetMask != 0 {
            let table = entry & Qcow2Image.offsetMask
            guard table % clusterSize == 0, table < image.fileSize else {
                report.add("entry \(index) of a first-level table leads outside the file")
                continue
            }
            mark(table, clusterSize, "a second-level table", uses: uses)
            if isActive { checkCopied(entry, table, "second-level table \(index)") }
            let known = tables[table]
            let sum = (known?.uses ?? 0).addingReportingOverflow(uses)
            tables[table] = (
                known?.index ?? index, sum.overflow ? .max : sum.partialValue, (known?.activeUses ?? 0) + (isActive ? 1 : 0)
            )
        }
    }

    private mutating func countTable(
        at offset: UInt64, _ table: (index: Int, uses: UInt16, activeUses: UInt64)
    ) throws(Qcow2Failure) {
        let entries = try image.host { () throws(HostFile.Refusal) in
            try Qcow2Tables.numbers(image.file, at: offset, count: image.tables.count, fileSize: image.fileSize)
        }
        for (number, entry) in entries.enumerated() where entry != 0 {
            try count(entry, UInt64(table.index) * image.header.l2Count + UInt64(number), table.uses, table.activeUses)
        }
    }

    private mutating func count(
        _ entry: UInt64, _ cluster: UInt64, _ uses: UInt16, _ activeUses: UInt64
    ) throws(Qcow2Failure) {
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
            mark(offset, clusterSize, "cluster \(cluster) of the disk", uses: uses)
            if activeUses > 0 { checkCopied(entry, offset, "cluster \(cluster) of the disk") }
        case .compressed(let offset, let count):
            let length = min(UInt64(count), max(image.fileSize, offset + 1) - offset)
            mark(offset, length, "compressed cluster \(cluster) of the disk", uses: uses)
            report.compressed += activeUses
        }
        report.allocated += activeUses
    }

    /// An entry is marked as the only reference exactly when its count is 1.
    private mutating func checkCopied(_ entry: UInt64, _ offset: UInt64, _ what: String) {
        guard !stored.isEmpty else { return }
        let cluster = Int(clamping: offset / clusterSize)
        let isAlone = cluster < stored.count && stored[cluster] == 1
        if (entry & Qcow2Image.copied != 0) != isAlone { report.add("\(what): the mark of a single reference is wrong") }
    }

    /// QEMU's snapshots have first-level tables of their own. docs/interop/qcow2.rst, "Snapshots".
    private mutating func countSnapshots() throws(Qcow2Failure) {
        guard image.header.snapshotCount > 0 else { return }
        let start = image.header.snapshotsOffset
        guard start < image.fileSize, image.header.snapshotCount <= 65536 else {
            return report.add("the table of \(image.header.snapshotCount) snapshots lies outside the file")
        }
        // QEMU's bound for the table is 64 MB.
        let bytes = try bytes(at: start, Int(min(image.fileSize - start, 64 << 20)))
        func number(_ at: Int, _ count: Int) -> UInt64 { bytes[at..<at + count].reduce(0) { $0 << 8 | UInt64($1) } }
        var offset = 0
        var uses: [FirstLevelTable: UInt16] = [:]
        for snapshot in 0..<image.header.snapshotCount {
            guard offset + 40 <= bytes.count else { return report.add("snapshot \(snapshot) lies outside the file") }
            let l1 = FirstLevelTable(offset: number(offset, 8), count: number(offset + 8, 4))
            guard l1.offset < image.fileSize, l1.offset % clusterSize == 0, l1.count <= 4 << 20,
                l1.count * 8 <= image.fileSize - l1.offset
            else { return report.add("snapshot \(snapshot) lies outside the file") }
            let known = uses[l1] ?? 0
            uses[l1] = known == .max ? known : known + 1
            let length = 40 + Int(number(offset + 36, 4)) + Int(number(offset + 12, 2)) + Int(number(offset + 14, 2))
            offset += (length + 7) / 8 * 8
        }
        mark(start, UInt64(offset), "the table of snapshots")
        for (l1, uses) in uses.sorted(by: { ($0.key.offset, $0.key.count) < ($1.key.offset, $1.key.count) }) {
            firstLevelBytes += l1.count * 8
            guard firstLevelBytes <= image.fileSize else { return report.add("first-level tables of snapshots overlap") }
            let entries = try image.host { () throws(HostFile.Refusal) in
                try Qcow2Tables.numbers(image.file, at: l1.offset, count: Int(l1.count), fileSize: image.fileSize)
            }
            try count(l1: entries, at: l1.offset, isActive: false, uses: uses)
        }
    }

    private struct FirstLevelTable: Hashable {
        let offset: UInt64
        let count: UInt64
    }

    private func bytes(at offset: UInt64, _ count: Int) throws(Qcow2Failure) -> [UInt8] {
        try image.host { () throws(HostFile.Refusal) in
            try image.file.bytes(at: offset, count: count, fileSize: image.fileSize)
        }
    }

    private mutating func compare() {
        for cluster in stored.indices {
            if stored[cluster] < found[cluster] {
                report.miscounts += 1
                report.add(
                    "cluster \(cluster) of the file is referred to \(found[cluster]) times and counted \(stored[cluster]) times")
            } else if stored[cluster] > found[cluster] {
                report.leaks += 1
            }
        }
    }
}
