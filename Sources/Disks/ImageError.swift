/// Why a disk image cannot be used. `description` is one line: what, where, remedy.
public enum ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    case missing(path: String)
    case isDirectory(path: String)
    /// Neither a regular file nor a block device.
    case notAFile(path: String)
    case notReadable(path: String)
    case notWritable(path: String)
    case empty(path: String)
    case oddSize(path: String, size: UInt64)
    /// Another program, or another drive of this machine, holds the image; a writer needs it alone.
    case inUse(path: String, wanted: Access)
    /// The host refused for another reason.
    case host(path: String, operation: String, reason: String)

    /// How an image was to be opened.
    public enum Access: Equatable, Sendable {
        case readWrite, readOnly
    }

    public var description: String {
        switch self {
        case .missing(let path):
            "\(path): no such file; check the name, or make an empty disk with: truncate -s 64M \(quoted(path))"
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
        case .inUse(let path, .readWrite):
            "\(path): already in use by another program or drive; stop that one, or give this one a copy"
        case .inUse(let path, .readOnly):
            "\(path): another program or drive is writing to it; stop that one, or use a copy"
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
