import Wiring

/// A disk image without any header: byte n of the file is byte n of the disk. That it is one is the user's word,
/// never guessed from its contents, which a guest can write.
///
/// The file is locked while it is open: for this drive alone when writable, shared with other readers when read-only.
/// The locks are advisory (flock(2), and on Linux QEMU's own): they stop other swemu machines, QEMU and programs that ask, no one else.
/// A diskette's image may be shorter than the diskette: the rest reads as zeros, and the file becomes longer when something is written there.
/// Does not: create files, grow others, know the size of a file that changes while it is open.
public final class RawImage: SparseStore {
    /// The path of the file, as it was given.
    public let path: String
    public let sectorCount: UInt64
    public let isReadOnly: Bool
    public private(set) var isChanged = false
    private let file: HostFile
    /// Bytes that the file has.
    public private(set) var fileSize: UInt64
    private let extent: Extent

    /// Bytes that the file lacks to a whole last sector, or to a diskette; they read as zeros.
    public var missingBytes: UInt64 { sectorCount * 512 - fileSize }

    /// The relation of a file's size to the disk's.
    public enum Extent: Sendable {
        /// They are equal; a size that is no multiple of 512 is refused.
        case whole
        /// The last sector may be cut off: it reads as if zeros followed, and cannot be written.
        case completed
        /// The disk is a diskette, of the format that holds the file, which grows as the diskette is written.
        case diskette
    }

    /// Opens and locks the file at `path`; a size of 0, or one that `extent` excludes, is refused.
    public init(path: String, access: ImageError.Access = .readWrite, extent: Extent = .whole) throws(ImageError) {
        let file: HostFile
        do throws(ImageError) {
            file = try Self.openAndLock(path, access)
        } catch {
            throw extent == .diskette && error == .missing(path: path) ? .missingDiskette(path: path) : error
        }
        let size: UInt64
        do throws(HostFile.Refusal) {
            size = try file.size()
        } catch {
            throw .host(path: path, operation: "finding the size", reason: error.reason)
        }
        guard size > 0 else { throw .empty(path: path) }
        switch extent {
        case .whole, .completed:
            guard extent == .completed || size % 512 == 0 else { throw .oddSize(path: path, size: size) }
            sectorCount = (size + 511) / 512
        case .diskette:
            guard let format = DisketteFormat(holding: size) else { throw .noDiskette(path: path, size: size) }
            sectorCount = format.sectorCount
        }
        self.path = path
        self.file = file
        self.extent = extent
        fileSize = size
        isReadOnly = access == .readOnly
    }

    /// The file at `path`, for this drive alone when it is to be written.
    static func openAndLock(_ path: String, _ access: ImageError.Access) throws(ImageError) -> HostFile {
        let file = try open(path, access)
        do throws(HostFile.Refusal) {
            try file.lock(exclusive: access == .readWrite)
        } catch {
            throw error.wouldBlock
                ? .inUse(path: path, wanted: access) : .host(path: path, operation: "locking", reason: error.reason)
        }
        return file
    }

    private static func open(_ path: String, _ access: ImageError.Access) throws(ImageError) -> HostFile {
        let kind: HostFile.Kind
        do throws(HostFile.Refusal) {
            // Looked at before it is opened: opening a device or a pipe can have effects of its own.
            kind = try HostFile.kind(of: path)
        } catch {
            throw refusal(error, opening: path, .readOnly)
        }
        switch kind {
        case .directory: throw .isDirectory(path: path)
        case .other: throw .notAFile(path: path)
        case .file, .blockDevice: break
        }
        do throws(HostFile.Refusal) {
            return try HostFile(path: path, writable: access == .readWrite)
        } catch {
            throw refusal(error, opening: path, access)
        }
    }

    private static func refusal(_ refusal: HostFile.Refusal, opening path: String, _ access: ImageError.Access) -> ImageError {
        if refusal.isMissing { return .missing(path: path) }
        if refusal.isReadOnlyFileSystem { return .notWritable(path: path) }
        guard refusal.isPermission else { return .host(path: path, operation: "opening", reason: refusal.reason) }
        return access == .readWrite && HostFile.isReadable(path) ? .notWritable(path: path) : .notReadable(path: path)
    }

    public func read(sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) {
        let offset = try byteOffset(sector: sector, byteCount: buffer.count)
        let there = offset < fileSize ? Int(min(UInt64(buffer.count), fileSize - offset)) : 0
        if there < buffer.count {
            UnsafeMutableRawBufferPointer(rebasing: buffer[there...]).initializeMemory(as: UInt8.self, repeating: 0)
        }
        guard there > 0 else { return }
        do throws(HostFile.Refusal) {
            try file.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<there]))
        } catch {
            throw .host(errno: error.errno, operation: "reading \(path)")
        }
    }

    /// Finds the next sectors from `sector` on that the host's file system keeps data for; nil when only a hole follows.
    public func data(from sector: UInt64) -> Range<UInt64>? {
        guard sector < sectorCount, let bytes = file.data(from: sector * 512, size: fileSize) else { return nil }
        return bytes.lowerBound / 512..<(bytes.upperBound + 511) / 512
    }

    public func write(sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) {
        guard !isReadOnly else { throw .readOnly }
        let offset = try byteOffset(sector: sector, byteCount: buffer.count)
        guard extent == .diskette || offset + UInt64(buffer.count) <= fileSize else {
            throw .refused(
                "the last sector of \(path) is \(fileSize % 512) bytes long and cannot be written; make it whole with truncate, or use --snapshot"
            )
        }
        isChanged = true
        do throws(HostFile.Refusal) {
            try file.write(at: offset, from: buffer)
            fileSize = max(fileSize, offset + UInt64(buffer.count))
        } catch {
            throw .host(errno: error.errno, operation: "writing \(path)")
        }
    }

    public func flush() throws(BlockStoreError) {
        guard !isReadOnly else { return }
        do throws(HostFile.Refusal) {
            try file.synchronize()
        } catch {
            throw .host(errno: error.errno, operation: "flushing \(path)")
        }
    }
}

extension BlockStore {
    /// Tells where `byteCount` bytes from `sector` on start, once it is known that they lie within the store.
    func byteOffset(sector: UInt64, byteCount: Int) throws(BlockStoreError) -> UInt64 {
        precondition(byteCount % 512 == 0, "whole sectors")
        let count = UInt64(byteCount / 512)
        guard count <= sectorCount, sector <= sectorCount - count else { throw .outOfRange(sector: sector, count: count) }
        return sector * 512
    }
}
