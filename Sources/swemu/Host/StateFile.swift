import Board

/// Snapshots in files.
enum StateFile {
    /// Opens the snapshot at `path` and reads its first part.
    static func snapshot(_ path: String) throws -> Snapshot {
        let file = try reader(path)
        return try naming(path) { () throws(SnapshotError) in try Snapshot(source: file) }
    }

    /// An error of the snapshot at `path` becomes the program's.
    static func naming<T>(_ path: String, _ body: () throws(SnapshotError) -> T) throws -> T {
        do throws(SnapshotError) {
            return try body()
        } catch {
            throw UserError(.stateFile, line: "\(path): \(error)")
        }
    }

    /// Gives the next so many bytes of the file at `path`, fewer only at its end.
    static func reader(_ path: String) throws -> (Int) -> [UInt8] {
        let file = Descriptor(open(path, O_RDONLY | O_CLOEXEC))
        guard file.number >= 0 else {
            throw UserError(.inputFile, "cannot read the snapshot (\(hostReason()))", path, remedy: "check the name")
        }
        return { count in
            var bytes = [UInt8](repeating: 0, count: count)
            var done = 0
            while done < count {
                let got = bytes.withUnsafeMutableBytes { read(file.number, $0.baseAddress! + done, count - done) }
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { break }
                done += got
            }
            return Array(bytes[..<done])
        }
    }

    /// Whether a file can be made at `path`, found out by making one beside it.
    static func requireWritable(_ path: String) throws {
        let target = "\(path).\(getpid()).new"
        let file = Descriptor(open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
        let reason = hostReason()
        guard file.number >= 0, unlink(target) == 0 else {
            throw UserError(.outputFile, "cannot write (\(reason))", path, remedy: "name a file in a folder you may write to")
        }
        var information = stat()
        if stat(path, &information) == 0, information.st_mode & S_IFMT != S_IFREG {
            throw UserError(.outputFile, "something that is not a file is in the way", path, remedy: "name another file")
        }
    }

    /// Writes a new file beside `path` and moves it there when it is whole; the reason why not, if it could not.
    static func write(
        _ path: String, _ body: (@escaping ([UInt8]) -> Bool) throws(SnapshotError) -> Void
    ) -> String? {
        let target = "\(path).\(getpid()).new"
        let file = Descriptor(open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644))
        guard file.number >= 0 else { return "cannot be written (\(hostReason())); name a file in a folder you may write to" }
        do throws(SnapshotError) {
            try body { writeAll(file.number, $0) }
        } catch {
            unlink(target)
            return "\(error)"
        }
        guard fsync(file.number) == 0, rename(target, path) == 0 else {
            let reason = hostReason()
            unlink(target)
            return "cannot be written (\(reason)); check the free space where it goes"
        }
        return nil
    }

    /// Closes itself.
    private final class Descriptor {
        let number: Int32
        init(_ number: Int32) { self.number = number }
        deinit { if number >= 0 { close(number) } }
    }
}
