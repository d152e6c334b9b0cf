/// Lines for a stream, and no more bytes than were allowed.
final class LimitedLines {
    let stream: ByteStream
    private let limit: UInt64
    /// The name of the lines, for the sentence that says that no more are written.
    private let name: String
    private var written: UInt64 = 0
    private(set) var isFull = false

    init(_ stream: ByteStream, limit: UInt64, name: String) {
        self.stream = stream
        self.limit = limit
        self.name = name
    }

    func put(_ line: String) {
        guard !isFull else { return }
        let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
        guard limit - written >= UInt64(bytes.count) else {
            isFull = true
            stream.finish()
            return complain("swemu: the \(name) is full after \(written) bytes; --trace-limit allows more")
        }
        written += UInt64(bytes.count)
        for byte in bytes { stream.put(byte) }
    }
}
