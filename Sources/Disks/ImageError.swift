/// The reason why a disk image cannot be used. `description` is one line: what, where, remedy.
public enum ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    case missing(path: String)
    case missingDiskette(path: String)
    case isDirectory(path: String)
    /// Neither a regular file nor a block device.
    case notAFile(path: String)
    case notReadable(path: String)
    case notWritable(path: String)
    case empty(path: String)
    case oddSize(path: String, size: UInt64)
    /// Longer than any diskette.
    case noDiskette(path: String, size: UInt64)
    /// Another program, or another drive of this machine, holds the image; a writer needs it alone.
    case inUse(path: String, wanted: Access)
    /// Opened as qcow2, and is none.
    case notQcow2(path: String)
    /// Something of the format that is not read, or not written.
    case unsupported(path: String, what: String)
    /// The image contradicts itself.
    case damaged(path: String, what: String)
    /// A qcow2 image whose reference counts may be wrong.
    case needsRepair(path: String)
    /// A backing file whose format the image does not say; formats are never guessed.
    case backingFormat(path: String, format: String?)
    case backingDepth(path: String)
    /// A new image would overwrite something.
    case exists(path: String)
    case impossibleSize(path: String, size: UInt64)
    /// The host does not take a new image.
    case notCreated(path: String, reason: String)
    /// The host refused for another reason.
    case host(path: String, operation: String, reason: String)

    /// A way in which an image is opened.
    public enum Access: Equatable, Sendable {
        case readWrite, readOnly
    }

    public var description: String {
        switch self {
        case .missing(let path):
            "\(path): no such file; check the name"
                + ([".elf", ".bin", ".iso"].contains { path.hasSuffix($0) } || path.hasPrefix("/dev/")
                    ? "" : ", or make an empty disk with: truncate -s 64M \(quoted(path))")
        case .missingDiskette(let path):
            "\(path): no such file; check the name, or make an empty diskette with: truncate -s 1440K \(quoted(path))"
        case .isDirectory(let path):
            "\(path): is a directory, not a disk image; name a file in it"
        case .notAFile(let path):
            "\(path): is neither a file nor a block device; copy its contents to a file first"
        case .notReadable(let path):
            "\(path): permission to read denied; allow it with: chmod u+r \(quoted(path))"
        case .notWritable(let path):
            "\(path): not writable; use --snapshot or --read-only, or allow it with: chmod u+w \(quoted(path))"
        case .empty(let path):
            "\(path): is empty; give it a size with: truncate -s 64M \(quoted(path))"
        case .oddSize(let path, let size):
            "\(path): size \(size) bytes is not a multiple of 512; pad it with: "
                + "truncate -s \(size / 512 * 512 + 512) \(quoted(path))"
        case .noDiskette(let path, let size):
            "\(path): has \(size) bytes, more than any diskette; give it as a hard disk, with --hda"
        case .inUse(let path, .readWrite):
            "\(path): already in use by another program or drive; stop that one, or give this one a copy"
        case .inUse(let path, .readOnly):
            "\(path): another program or drive is writing to it; stop that one, or use a copy"
        case .notQcow2(let path):
            "\(path): is not a qcow2 image; say --format raw, or give another name if it ends in .qcow2"
        case .unsupported(let path, let what):
            "\(path): \(what) is not supported; convert it with: qemu-img convert -O raw \(quoted(path)) disk.img"
        case .damaged(let path, let what):
            "\(path): is damaged (\(what)); look at it with: swemu image check \(quoted(path))"
        case .needsRepair(let path):
            "\(path): was not closed properly and its reference counts may be wrong; "
                + "repair it with: swemu image check --repair \(quoted(path))"
        case .backingFormat(let path, nil):
            "\(path): does not say the format of its backing file; say it with: qemu-img rebase -u -F raw -b FILE \(quoted(path))"
        case .backingFormat(let path, let format?):
            "\(path): has a backing file of format \(format), which is not supported; convert that to qcow2 or raw"
        case .backingDepth(let path):
            "\(path): has more than \(DiskImage.deepestBacking) backing files below it; make one of them with: swemu image convert"
        case .exists(let path):
            "\(path): exists already; remove it first, or give the new image another name"
        case .impossibleSize(let path, let size):
            "\(path): a disk cannot have \(size) bytes; give whole sectors of 512 bytes, up to 64T"
        case .notCreated(let path, let reason):
            "\(path): cannot be made (\(reason)); name a file in a folder you may write to, with enough free space"
        case .host(let path, let operation, let reason):
            "\(path): \(operation) failed: \(reason); try a copy on a local disk"
        }
    }

    /// `path` as a POSIX shell wants it.
    private func quoted(_ path: String) -> String {
        let plain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"): true
            default: false
            }
        }
        return plain ? path : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
