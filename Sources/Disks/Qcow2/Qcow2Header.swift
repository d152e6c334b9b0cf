/// The header of a qcow2 image. QEMU's docs/interop/qcow2.rst, "Header". All numbers are big-endian.
struct Qcow2Header: Equatable {
    static let magic: [UInt8] = [0x51, 0x46, 0x49, 0xFB]

    var version: UInt32 = 3
    /// Clusters have 2^`clusterBits` bytes: 512 to 2 MB.
    var clusterBits: UInt32 = 16
    /// Of the disk, in bytes.
    var size: UInt64 = 0
    /// Entries of the first-level table.
    var l1Count: UInt32 = 0
    var l1Offset: UInt64 = 0
    var refcountOffset: UInt64 = 0
    var refcountClusters: UInt32 = 0
    /// QEMU's snapshots inside the image.
    var snapshotCount: UInt32 = 0
    var snapshotsOffset: UInt64 = 0
    var incompatible: Incompatible = []
    var compatible: UInt64 = 0
    var autoclear: UInt64 = 0
    /// Reference counts have 2^`refcountOrder` bits.
    var refcountOrder: UInt32 = 4
    var backingFile: String?
    /// "raw" or "qcow2".
    var backingFormat: String?

    /// Features a reader has to know.
    struct Incompatible: OptionSet {
        let rawValue: UInt64
        /// Reference counts may be wrong.
        static let dirty = Incompatible(rawValue: 1)
        static let corrupt = Incompatible(rawValue: 2)
        static let externalData = Incompatible(rawValue: 4)
        /// Clusters are compressed by something else than zlib.
        static let compression = Incompatible(rawValue: 8)
        static let extendedL2 = Incompatible(rawValue: 16)
    }

    var clusterSize: UInt64 { 1 << UInt64(clusterBits) }
    /// Entries of a second-level table, which fills a cluster.
    var l2Count: UInt64 { clusterSize / 8 }
    /// Counts in a block of them.
    var refcountsPerBlock: UInt64 { (clusterSize * 8) >> UInt64(refcountOrder) }

    /// A fault of a header.
    enum Misfit: Error, Equatable {
        case notQcow2
        case unsupported(String)
        case damaged(String)
    }

    private static let backingFormatExtension: UInt32 = 0xE279_2ACA
    /// QEMU's own bounds: tables of 32 MB, counts of 8 MB.
    private static let longestL1: UInt32 = 4 << 20
    private static let mostRefcountBytes: UInt64 = 8 << 20

    init() {}

    /// `bytes` are the first ones of the file, up to a cluster of the largest size.
    init(parsing bytes: [UInt8], fileSize: UInt64) throws(Misfit) {
        func number32(_ offset: Int) -> UInt32 { (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[offset + $1]) } }
        func number64(_ offset: Int) -> UInt64 { UInt64(number32(offset)) << 32 | UInt64(number32(offset + 4)) }
        guard bytes.count >= 72, bytes.starts(with: Self.magic) else { throw .notQcow2 }
        version = number32(4)
        guard version == 2 || version == 3 else { throw .unsupported("version \(version)") }
        clusterBits = number32(20)
        guard (9...21).contains(clusterBits) else { throw .damaged("clusters of 2^\(clusterBits) bytes") }
        size = number64(24)
        guard number32(32) == 0 else { throw .unsupported("encryption") }
        l1Count = number32(36)
        l1Offset = number64(40)
        refcountOffset = number64(48)
        refcountClusters = number32(56)
        snapshotCount = number32(60)
        snapshotsOffset = number64(64)
        var headerLength = 72
        if version == 3 {
            guard bytes.count >= 104 else { throw .damaged("the header ends early") }
            incompatible = Incompatible(rawValue: number64(72))
            compatible = number64(80)
            autoclear = number64(88)
            refcountOrder = number32(96)
            headerLength = Int(number32(100))
            guard headerLength >= 104, headerLength <= bytes.count, UInt64(headerLength) <= clusterSize else {
                throw .damaged("a header of \(headerLength) bytes")
            }
        }
        try checkFeatures()
        try checkTables(fileSize)
        try readExtensions(bytes, from: headerLength)
        try readBacking(bytes, offset: number64(8), count: number32(16))
    }

    private func checkFeatures() throws(Misfit) {
        if incompatible.contains(.externalData) { throw .unsupported("data in another file") }
        if incompatible.contains(.compression) { throw .unsupported("compression by anything but zlib") }
        if incompatible.contains(.extendedL2) { throw .unsupported("extended second-level tables") }
        guard incompatible.subtracting([.dirty, .corrupt]).isEmpty else {
            throw .unsupported("the unknown features \(String(incompatible.rawValue, radix: 16))h")
        }
        guard refcountOrder <= 6 else { throw .damaged("reference counts of 2^\(refcountOrder) bits") }
    }

    private func checkTables(_ fileSize: UInt64) throws(Misfit) {
        guard size > 0, size <= 1 << 56, size % 512 == 0 else { throw .damaged("a disk of \(size) bytes") }
        let perEntry = clusterSize * l2Count
        guard l1Count <= Self.longestL1, UInt64(l1Count) >= (size - 1) / perEntry + 1 else {
            throw .damaged("a first-level table of \(l1Count) entries for \(size) bytes")
        }
        try check("first-level table", l1Offset, UInt64(l1Count) * 8, fileSize)
        let refcountBytes = UInt64(refcountClusters) * clusterSize
        guard refcountBytes <= Self.mostRefcountBytes, refcountClusters > 0 else {
            throw .damaged("a reference count table of \(refcountClusters) clusters")
        }
        try check("reference count table", refcountOffset, refcountBytes, fileSize)
    }

    private func check(_ name: String, _ offset: UInt64, _ count: UInt64, _ fileSize: UInt64) throws(Misfit) {
        let end = offset.addingReportingOverflow(count)
        guard offset >= clusterSize, offset % clusterSize == 0, !end.overflow, end.partialValue <= fileSize else {
            throw .damaged("the \(name) is outside the file")
        }
    }

    private mutating func readExtensions(_ bytes: [UInt8], from start: Int) throws(Misfit) {
        var offset = start
        let end = min(bytes.count, Int(clusterSize))
        while offset + 8 <= end {
            let type = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
            let count = Int(bytes[offset + 4..<offset + 8].reduce(0) { $0 << 8 | UInt32($1) })
            if type == 0 { return }
            offset += 8
            guard count <= end - offset else { throw .damaged("a header extension that does not end") }
            if type == Self.backingFormatExtension {
                backingFormat = String(decoding: bytes[offset..<offset + count], as: UTF8.self)
            }
            offset += (count + 7) / 8 * 8
        }
    }

    private mutating func readBacking(_ bytes: [UInt8], offset: UInt64, count: UInt32) throws(Misfit) {
        guard offset != 0 else { return }
        guard count <= 1023, count > 0, offset <= clusterSize, Int(offset) + Int(count) <= bytes.count else {
            throw .damaged("the backing file's name is outside the header")
        }
        backingFile = String(decoding: bytes[Int(offset)..<Int(offset) + Int(count)], as: UTF8.self)
    }

    /// The first bytes of a new image of version 3; nil when the backing file's name does not fit into the first cluster.
    var encoded: [UInt8]? {
        var bytes: [UInt8] = Self.magic
        func put<I: FixedWidthInteger>(_ number: I) { withUnsafeBytes(of: number.bigEndian) { bytes += $0 } }
        var extensions: [UInt8] = []
        if let backingFormat {
            let name = Array(backingFormat.utf8)
            for number in [Self.backingFormatExtension, UInt32(name.count)] {
                withUnsafeBytes(of: number.bigEndian) { extensions += $0 }
            }
            extensions += name + [UInt8](repeating: 0, count: (8 - name.count % 8) % 8)
        }
        extensions += [UInt8](repeating: 0, count: 8)
        let name = Array((backingFile ?? "").utf8)
        put(version)
        put(name.isEmpty ? UInt64(0) : UInt64(104 + extensions.count))
        put(UInt32(name.count))
        put(clusterBits)
        put(size)
        put(UInt32(0))
        put(l1Count)
        put(l1Offset)
        put(refcountOffset)
        put(refcountClusters)
        put(snapshotCount)
        put(snapshotsOffset)
        put(incompatible.rawValue)
        put(compatible)
        put(autoclear)
        put(refcountOrder)
        put(UInt32(104))
        bytes += extensions + name
        return name.count <= 1023 && UInt64(bytes.count) <= clusterSize ? bytes : nil
    }
}
