import Wiring

/// A disk image in QEMU's format qcow2, versions 2 and 3 (QEMU's docs/interop/qcow2.rst): grows with what is written, may lie over a
/// backing file, may hold compressed clusters and QEMU's snapshots.
///
/// Order of writes: what a table refers to is in the file before the table refers to it. New references wait in memory until `flush`,
/// or until 64 clusters wait, and go out behind a barrier; so whenever this program or the host stops, what was flushed is there, other
/// sectors are old or new, and at worst some clusters are lost space, which `swemu image check` counts.
///
/// Not read: encryption, data in another file, extended second-level tables, zstd. Not written: images whose reference counts are not 16
/// bits wide, or may be wrong. Dirty bitmaps are dropped by the first write, as the format demands.
public final class Qcow2Image: BlockStore {
    /// The path of the file, as it was given.
    public let path: String
    public let sectorCount: UInt64
    public let isReadOnly: Bool
    public private(set) var isChanged = false
    /// The image below this one, which is read where this one has nothing; nil reads zeros.
    public let backing: (any BlockStore)?

    let file: any ImageFile
    private(set) var header: Qcow2Header
    var fileSize: UInt64
    /// The first-level table.
    var l1: [UInt64]
    var tables: Qcow2Tables
    var refcounts: Qcow2Refcounts
    /// Clusters whose new references wait in memory.
    var waitingCount = 0
    /// Clusters that nobody refers to once what waits is in the file.
    var released: [UInt64] = []

    /// The compressed cluster that was read last.
    var lastExpanded: (offset: UInt64, bytes: [UInt8])?

    static let copied: UInt64 = 1 << 63
    static let compressed: UInt64 = 1 << 62
    static let zero: UInt64 = 1
    static let offsetMask: UInt64 = 0x00FF_FFFF_FFFF_FE00
    private static let mostWaiting = 64

    /// Opens the image in `file`. `backing` is the store its backing file was opened as.
    init(
        path: String, file: any ImageFile, access: ImageError.Access, backing: (any BlockStore)?, repairs: Bool = false
    ) throws(ImageError) {
        self.path = path
        self.file = file
        self.backing = backing
        isReadOnly = access == .readOnly
        let (header, fileSize) = try Self.header(path, file)
        self.header = header
        self.fileSize = fileSize
        do throws(HostFile.Refusal) {
            l1 = try Qcow2Tables.numbers(file, at: header.l1Offset, count: Int(header.l1Count), fileSize: fileSize)
            let count = UInt64(header.refcountClusters) * header.clusterSize / 8
            let table = try Qcow2Tables.numbers(file, at: header.refcountOffset, count: Int(count), fileSize: fileSize)
            refcounts = Qcow2Refcounts(table: table)
        } catch {
            throw .host(path: path, operation: "reading", reason: error.reason)
        }
        tables = Qcow2Tables(count: Int(header.l2Count))
        sectorCount = header.size / 512
        if !isReadOnly { try prepareForWriting(repairs: repairs) }
    }

    deinit { try? flush() }

    /// The header of the image in `file`, and the file's size.
    static func header(_ path: String, _ file: any ImageFile) throws(ImageError) -> (Qcow2Header, UInt64) {
        let size: UInt64
        let bytes: [UInt8]
        do throws(HostFile.Refusal) {
            size = try file.size()
            bytes = try file.bytes(at: 0, count: Int(min(size, 1 << 16)), fileSize: size)
        } catch {
            throw .host(path: path, operation: "reading", reason: error.reason)
        }
        do throws(Qcow2Header.Misfit) {
            return (try Qcow2Header(parsing: bytes, fileSize: size), size)
        } catch {
            throw Self.error(error, path)
        }
    }

    static func error(_ misfit: Qcow2Header.Misfit, _ path: String) -> ImageError {
        switch misfit {
        case .notQcow2: .notQcow2(path: path)
        case .unsupported(let what): .unsupported(path: path, what: what)
        case .damaged(let what): .damaged(path: path, what: what)
        }
    }

    private func prepareForWriting(repairs: Bool) throws(ImageError) {
        guard header.refcountOrder == 4 else {
            throw .unsupported(path: path, what: "writing with reference counts of \(1 << header.refcountOrder) bits")
        }
        guard repairs || header.incompatible.isDisjoint(with: [.dirty, .corrupt]) else { throw .needsRepair(path: path) }
        guard header.autoclear != 0 else { return }
        do throws(HostFile.Refusal) {
            try file.write([UInt8](repeating: 0, count: 8), at: 88)
            header.autoclear = 0
        } catch {
            throw .host(path: path, operation: "writing", reason: error.reason)
        }
    }

    // MARK: BlockStore

    public func read(sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) {
        let start = try byteOffset(sector: sector, byteCount: buffer.count)
        try attempt("reading") { () throws(Qcow2Failure) in try read(at: start, into: buffer) }
    }

    public func write(sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) {
        guard !isReadOnly else { throw .readOnly }
        let start = try byteOffset(sector: sector, byteCount: buffer.count)
        isChanged = true
        try attempt("writing") { () throws(Qcow2Failure) in try write(at: start, from: buffer) }
        if waitingCount >= Self.mostWaiting { try attempt("writing") { () throws(Qcow2Failure) in try commit() } }
    }

    public func flush() throws(BlockStoreError) {
        guard !isReadOnly else { return }
        try attempt("flushing") { () throws(Qcow2Failure) in
            try commit()
            try host { () throws(HostFile.Refusal) in try file.synchronize() }
        }
    }

    func attempt(_ operation: String, _ body: () throws(Qcow2Failure) -> Void) throws(BlockStoreError) {
        do throws(Qcow2Failure) {
            try body()
        } catch {
            switch error {
            case .host(let errno): throw .host(errno: errno, operation: "\(operation) \(path)")
            case .store(let error): throw error
            case .damaged(let what): throw .damaged("\(path): \(what); look at it with: swemu image check \(path)")
            }
        }
    }

    func host<T>(_ body: () throws(HostFile.Refusal) -> T) throws(Qcow2Failure) -> T {
        do throws(HostFile.Refusal) {
            return try body()
        } catch {
            throw .host(errno: error.errno)
        }
    }

    /// The header's field for the place of the count table has changed.
    func moveRefcountTable(to offset: UInt64, clusters: UInt32) {
        header.refcountOffset = offset
        header.refcountClusters = clusters
    }
}

/// The reason why an access inside an image failed.
enum Qcow2Failure: Error {
    case host(errno: Int32)
    /// Of the backing store.
    case store(BlockStoreError)
    case damaged(String)
}
