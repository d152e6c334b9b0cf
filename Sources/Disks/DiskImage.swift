import Wiring

/// Disk images by path and format: opens, makes and examines them.
///
/// A format is the user's word, or the name's; contents are never looked at, because a guest writes them.
public enum DiskImage {
    /// A format of image files.
    public enum Format: String, CaseIterable, Sendable {
        case raw, qcow2

        /// The format for a name: qcow2 where it ends in ".qcow2", otherwise raw.
        public init(ofName path: String) {
            self = path.lowercased().hasSuffix(".qcow2") ? .qcow2 : .raw
        }
    }

    /// Backing files below an image at most.
    public static let deepestBacking = 16

    /// Opens and locks the image of a diskette at `path`. A raw one may be shorter than a diskette; a qcow2 one has exactly the size of one.
    public static func openDiskette(
        path: String, format: Format, access: ImageError.Access = .readWrite
    ) throws(ImageError) -> any BlockStore {
        guard format == .qcow2 else { return try RawImage(path: path, access: access, extent: .diskette) }
        let store = try open(path, .qcow2, access, depth: 0)
        guard DisketteFormat(sectorCount: store.sectorCount) != nil else {
            throw .noDiskette(path: path, size: 512 * store.sectorCount)
        }
        return store
    }

    /// Opens and locks the image at `path`, and its backing files for reading. A raw image whose last sector is cut off is refused unless
    /// `completesLastSector`.
    public static func open(
        path: String, format: Format, access: ImageError.Access = .readWrite, completesLastSector: Bool = false
    ) throws(ImageError) -> any BlockStore {
        if format == .raw { return try RawImage(path: path, access: access, extent: completesLastSector ? .completed : .whole) }
        return try open(path, format, access, depth: 0)
    }

    private static func open(
        _ path: String, _ format: Format, _ access: ImageError.Access, depth: Int
    ) throws(ImageError) -> any BlockStore {
        switch format {
        case .raw: return try RawImage(path: path, access: access)
        case .qcow2: return try openQcow2(path, access, depth: depth)
        }
    }

    /// Opens a qcow2 image; `withBacking` false leaves its backing files alone.
    static func openQcow2(
        _ path: String, _ access: ImageError.Access, depth: Int = 0, withBacking: Bool = true, repairs: Bool = false
    ) throws(ImageError) -> Qcow2Image {
        let file = HostImageFile(try RawImage.openAndLock(path, access))
        guard withBacking else {
            return try Qcow2Image(path: path, file: file, access: access, backing: nil, repairs: repairs)
        }
        let (header, _) = try Qcow2Image.header(path, file)
        var backing: (any BlockStore)?
        if let name = header.backingFile {
            guard depth < deepestBacking else { throw .backingDepth(path: path) }
            guard let format = header.backingFormat.flatMap({ Format(rawValue: $0) }) else {
                throw .backingFormat(path: path, format: header.backingFormat)
            }
            backing = try open(resolve(name, from: path), format, .readOnly, depth: depth + 1)
        }
        return try Qcow2Image(path: path, file: file, access: access, backing: backing)
    }

    /// A backing file's name is relative to the image that names it.
    private static func resolve(_ name: String, from path: String) -> String {
        guard !name.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return name }
        return path[...slash] + name
    }

    /// Makes an image of `size` bytes, all zero or what `backing` has. An existing file is not touched.
    public static func create(
        path: String, format: Format, size: UInt64, backing: (path: String, format: Format)? = nil, clusterBits: UInt32 = 16
    ) throws(ImageError) {
        guard size > 0, size % 512 == 0, size <= 64 << 40 else { throw .impossibleSize(path: path, size: size) }
        var isMade = false
        do throws(HostFile.Refusal) {
            switch format {
            case .raw:
                let file = try HostFile(creating: path)
                isMade = true
                try file.resize(to: size)
            case .qcow2:
                let image = Qcow2Image.emptyImage(
                    size: size, clusterBits: clusterBits, backingFile: backing?.path, backingFormat: backing?.format.rawValue)
                guard let image else { throw HostFile.Refusal.nameTooLong }
                let file = HostImageFile(try HostFile(creating: path))
                isMade = true
                try file.write(image, at: 0)
            }
        } catch {
            if isMade { HostFile.remove(path) }
            throw error.isExisting ? .exists(path: path) : .notCreated(path: path, reason: error.reason)
        }
    }

    /// Copies the disk `source` into `target`, which is all zero; runs of zeros are left out, and where the source knows of none they are not even
    /// read. Both have the same size. `progress` hears which sector is done.
    public static func copy(
        _ source: any BlockStore, to target: any BlockStore, progress: (UInt64) -> Void = { _ in }
    ) throws(BlockStoreError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 4096)
        defer { buffer.deallocate() }
        let room = UInt64(buffer.count / 512)
        var sector: UInt64 = 0
        while let range = try data(of: source, from: sector) {
            sector = range.lowerBound
            while sector < range.upperBound {
                // Up to the next multiple of the piece, so that the target's clusters are written once.
                let count = Int(min(room - sector % room, range.upperBound - sector))
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(512 * count)])
                try source.read(sector: sector, into: part)
                if part.contains(where: { $0 != 0 }) { try target.write(sector: sector, from: UnsafeRawBufferPointer(part)) }
                sector += UInt64(count)
                progress(sector)
            }
        }
        try target.flush()
    }

    private static func data(of source: any BlockStore, from sector: UInt64) throws(BlockStoreError) -> Range<UInt64>? {
        guard sector < source.sectorCount else { return nil }
        guard let sparse = source as? any SparseStore else { return sector..<source.sectorCount }
        return try sparse.data(from: sector)
    }

    /// Facts about an image, from its header.
    public struct Description: Equatable, Sendable {
        /// The format that it was read as.
        public var format: Format
        /// Of the disk, in bytes.
        public var size: UInt64
        /// Length of the file in bytes.
        public var fileSize: UInt64
        /// The version of qcow2, 2 or 3; nil for a raw image.
        public var version: UInt32?
        /// The size of a cluster in bytes; nil for a raw image.
        public var clusterSize: UInt64?
        /// The backing file with the format that the image says; nil without one.
        public var backing: (path: String, format: String?)?
        /// Number of snapshots in the image; nil for a raw image.
        public var snapshots: UInt32?
        /// The image says itself that its reference counts may be wrong, or that it is damaged.
        public var isDirty = false

        public static func == (one: Description, other: Description) -> Bool {
            one.format == other.format && one.size == other.size && one.fileSize == other.fileSize && one.version == other.version
                && one.clusterSize == other.clusterSize && one.backing?.path == other.backing?.path
                && one.backing?.format == other.backing?.format && one.snapshots == other.snapshots && one.isDirty == other.isDirty
        }
    }

    /// Reads the facts from an image's header. Throws when it cannot be opened, is locked by a writer, or is not of that format.
    public static func describe(path: String, format: Format) throws(ImageError) -> Description {
        guard format == .qcow2 else {
            let image = try RawImage(path: path, access: .readOnly)
            return Description(format: .raw, size: image.sectorCount * 512, fileSize: image.sectorCount * 512)
        }
        let (header, fileSize) = try Qcow2Image.header(path, HostImageFile(try RawImage.openAndLock(path, .readOnly)))
        return Description(
            format: .qcow2, size: header.size, fileSize: fileSize, version: header.version, clusterSize: header.clusterSize,
            backing: header.backingFile.map { ($0, header.backingFormat) }, snapshots: header.snapshotCount,
            isDirty: !header.incompatible.isDisjoint(with: [.dirty, .corrupt]))
    }

    /// Examines a qcow2 image, without its backing files. `repairs` puts right counts that are wrong, and the image's own note of them.
    /// `progress` hears which part of the work is done, from 0 to 1.
    public static func check(
        path: String, repairs: Bool, progress: (Double) -> Void = { _ in }
    ) throws(ImageError) -> Qcow2Report {
        let image = try openQcow2(path, repairs ? .readWrite : .readOnly, withBacking: false, repairs: repairs)
        do throws(Qcow2Failure) {
            guard var checker = try Qcow2Checker(image) else { throw .damaged("its file is too long to be examined") }
            try checker.run(progress)
            if repairs {
                let isOtherwiseWhole = checker.report.errorCount == checker.report.miscounts
                try image.repair(checker.found, isOtherwiseWhole: isOtherwiseWhole)
            }
            return checker.report
        } catch {
            switch error {
            case .host(let errno): throw .host(path: path, operation: "checking", reason: HostFile.Refusal(errno: errno).reason)
            case .store(let error): throw .host(path: path, operation: "checking", reason: "\(error)")
            case .damaged(let what): throw .damaged(path: path, what: what)
            }
        }
    }
}
