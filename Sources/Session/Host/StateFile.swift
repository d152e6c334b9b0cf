import Board
import Formats

/// Snapshots in files.
package enum StateFile {
    /// Opens the snapshot at `path` and reads its first part.
    package static func snapshot(_ path: String) throws -> Snapshot {
        let file = try reader(path)
        return try naming(path) { () throws(SnapshotError) in try Snapshot(source: file) }
    }

    /// An error of the snapshot at `path` becomes the program's.
    package static func naming<T>(_ path: String, _ body: () throws(SnapshotError) -> T) throws -> T {
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

    /// Throws where no file can be made at `path`, found out by making one beside it.
    static func requireWritable(_ path: String) throws {
        guard path != "-" else { return }
        guard let file = NewFile(beside: path) else { throw OutputFile.refusal(path, errno) }
        close(file.number)
        unlink(file.path)
        var information = stat()
        if stat(path, &information) == 0, information.st_mode & S_IFMT != S_IFREG {
            throw UserError(.outputFile, "something that is not a file is in the way", path, remedy: "name another file")
        }
    }

    /// Writes a new file beside `path` and moves it there when it is whole; the reason why not, if it could not.
    static func write(
        _ path: String, isPlain: Bool? = nil, _ body: (@escaping ([UInt8]) -> Bool) throws(SnapshotError) -> Void
    ) -> String? {
        var refusal: SnapshotError?
        func fill(_ descriptor: Int32) -> Int32? {
            let output = OutputDescriptor(descriptor)
            var reason: Int32?
            do throws(SnapshotError) {
                try body { bytes in
                    reason = output.writeAll(bytes)
                    return reason == nil
                }
            } catch {
                refusal = error
                return reason ?? EIO
            }
            return nil
        }
        let reason = path == "-" ? fill(1) : NewFile.replacing(path, isFlushed: true, isPlain: isPlain, fill)
        if let refusal, reason == nil || reason == EIO { return "\(refusal)" }
        return reason.map { "cannot be written (\(hostReason($0))); check the folder and the free space where it goes" }
    }

    /// Closes itself.
    private final class Descriptor {
        let number: Int32
        init(_ number: Int32) { self.number = number }
        deinit { if number >= 0 { close(number) } }
    }
}
