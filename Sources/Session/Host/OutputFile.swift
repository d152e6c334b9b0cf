import Formats

/// A file that is always whole for its readers: each renewal is written beside it and moved over it. `-` is standard output, which gets the last
/// contents at the end, as a pipe of the file system does: its reader would take the first for all there is.
package struct OutputFile {
    let path: String
    private var last: [UInt8]?
    /// Standard output, or the pipe.
    private let stream: Int32?
    /// No link or device was there at first: none that appears later is followed.
    private let isPlain: Bool
    /// The loss of contents that could not be written, in words.
    package private(set) var loss: String?

    /// Writes an empty file at once, so that an impossible path is an error before the machine starts.
    package init(_ path: String) throws {
        self.path = path
        isPlain = NewFile.isPlain(path)
        if path == "-" || isPipe(path) {
            let descriptor = path == "-" ? 1 : openForOutput(path)
            stream = descriptor
            if descriptor < 0 { throw Self.refusal(path, errno) }
            return
        }
        stream = nil
        guard let reason = replace([]) else { return }
        // A full disk may have room later; whether it has is looked at when there is something to write.
        if reason == ENOSPC || reason == EDQUOT { return }
        throw Self.refusal(path, reason)
    }

    static func refusal(_ path: String, _ reason: Int32) -> UserError {
        if reason == ETIMEDOUT { return UserError(.timeout, "nobody reads the pipe", path, remedy: "start its reader first") }
        return UserError(
            .outputFile, "cannot write (\(hostReason(reason)))", path, remedy: "name a file in a folder you may write to")
    }

    /// Says that a file could not be written to its end.
    package static func loss(of path: String, _ reason: Int32) -> String {
        let (name, remedy) =
            path == "-" ? ("standard output", "check where it goes") : (path, "check the free space where it goes")
        return "\(name) is incomplete (\(hostReason(reason))); \(remedy)"
    }

    /// Replaces the contents, if they differ from what was written before.
    package mutating func renew(_ bytes: [UInt8]) {
        guard bytes != last || loss != nil else { return }
        last = bytes
        guard stream == nil else { return }
        loss = replace(bytes).map { Self.loss(of: path, $0) }
    }

    /// Writes what waited for the end.
    package mutating func finish() {
        guard let stream, let bytes = last else { return }
        last = nil
        loss = OutputDescriptor(stream).writeAll(bytes).flatMap { $0 == EPIPE ? nil : Self.loss(of: path, $0) }
        if stream != 1 { close(stream) }
    }

    /// Writes a file once; throws where it cannot be made or written.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        var file = try OutputFile(path)
        file.renew(bytes)
        file.finish()
        if let loss = file.loss { throw UserError(.hostFailure, line: loss) }
    }

    /// The reason why not, if it could not.
    private func replace(_ bytes: [UInt8]) -> Int32? {
        NewFile.replacing(path, isPlain: isPlain) { bytes.isEmpty ? nil : OutputDescriptor($0).writeAll(bytes) }
    }
}

/// A file that does not have its name yet. Nobody can have put something in its way: its name is a random one, and what is there already is never
/// opened.
struct NewFile {
    let path: String
    let number: Int32

    /// Makes one beside `path`; nil when the host refuses, with the reason in errno.
    init?(beside path: String) {
        for _ in 0..<16 {
            let name = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36)).new"
            let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
            if descriptor >= 0 {
                (self.path, number) = (name, descriptor)
                return
            }
            if errno != EEXIST { return nil }
        }
        return nil
    }

    /// A file is at `path`, or nothing: no link, device or pipe.
    static func isPlain(_ path: String) -> Bool {
        var information = stat()
        return lstat(path, &information) != 0 || information.st_mode & S_IFMT == S_IFREG
    }

    /// Gives the file at `path` new contents at once; the reason why not, if it could not. Nothing is left of a file that failed. Links, devices and
    /// pipes stay what they are: they are written to and not moved over. Where the name was looked at before, `isPlain` says what it was then.
    static func replacing(_ path: String, isFlushed: Bool = false, isPlain: Bool? = nil, _ fill: (Int32) -> Int32?) -> Int32? {
        if !(isPlain ?? Self.isPlain(path)) {
            let descriptor = openForOutput(path)
            guard descriptor >= 0 else { return errno }
            let reason = fill(descriptor)
            return close(descriptor) == 0 ? reason : reason ?? errno
        }
        guard let file = NewFile(beside: path) else { return errno }
        var reason = fill(file.number)
        if reason == nil, isFlushed, fsync(file.number) != 0 { reason = errno }
        // Some file systems say only here that there was no room.
        if close(file.number) != 0, reason == nil { reason = errno }
        if reason == nil, rename(file.path, path) != 0 { reason = errno }
        if reason != nil { unlink(file.path) }
        return reason
    }
}
