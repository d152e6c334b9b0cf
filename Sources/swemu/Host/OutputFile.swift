/// A file that is always whole for its readers: each renewal is written beside it and moved over it.
struct OutputFile {
    let path: String
    private var last: [UInt8]?

    /// Writes an empty file at once, so that an impossible path is an error before the machine starts.
    init(_ path: String) throws {
        self.path = path
        guard replace([]) else {
            throw UserError(.outputFile, "cannot write (\(hostReason()))", path, remedy: "name a file in a folder you may write to")
        }
    }

    /// Replaces the contents, if they differ from what was written before.
    mutating func renew(_ bytes: [UInt8]) {
        guard bytes != last else { return }
        if replace(bytes) { last = bytes }
    }

    private func replace(_ bytes: [UInt8]) -> Bool {
        var information = stat()
        // Devices and pipes cannot be moved over.
        let isPlain = stat(path, &information) != 0 || information.st_mode & S_IFMT == S_IFREG
        let target = isPlain ? "\(path).\(getpid()).new" : path
        let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        let isWritten = writeAll(descriptor, bytes)
        close(descriptor)
        guard isPlain else { return isWritten }
        guard isWritten, rename(target, path) == 0 else {
            let reason = errno
            unlink(target)
            errno = reason
            return false
        }
        return true
    }
}
