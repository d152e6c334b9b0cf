import Formats

/// The reading end of `--keys`: a named pipe, made if it is missing. Complete lines come out; an endless line is dropped.
final class KeysPipe {
    let descriptor: Int32
    private var buffer: [UInt8] = []
    private static let longestLine = 65536

    init(_ path: String) throws {
        var information = stat()
        if stat(path, &information) != 0, mkfifo(path, 0o600) != 0 {
            throw UserError(.inputFile, "cannot make the pipe (\(hostReason()))", path, remedy: "make it with: mkfifo \(path)")
        }
        // Open for writing, too, so that the end of one writer is not the end of the pipe.
        descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw UserError(.inputFile, "cannot open the pipe (\(hostReason()))", path, remedy: "make it with: mkfifo \(path)")
        }
    }

    deinit { close(descriptor) }

    /// Lines that have arrived.
    func takeLines() -> [String] {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &chunk, chunk.count)
        guard count > 0 else { return [] }
        buffer += chunk[..<count]
        var lines: [String] = []
        while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(String(decoding: buffer[..<end], as: UTF8.self))
            buffer.removeSubrange(...end)
        }
        if buffer.count > Self.longestLine { buffer.removeAll() }
        return lines
    }
}
