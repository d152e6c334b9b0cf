/// The host's end of a serial line or of the debug console: takes bytes from the guest, and gives bytes where there is somebody
/// to give them.
///
/// Output is collected and goes out with `flush()`, between run slices. Input is read without waiting.
final class ByteStream {
    private enum State {
        case discard
        case open(output: Int32, input: Int32?)
        /// Waits for somebody to connect; until then output is dropped, as on a cable with nothing at its end.
        case listening(Int32)
    }

    private var state: State
    private var pending: [UInt8] = []
    /// Bytes taken from the guest so far.
    private(set) var total: UInt64 = 0
    /// The socket we made in the file system, to be removed at the end.
    private var ownedPath: String?
    private let closes: Bool
    private var path: String?
    /// What became of a file that could not be written to its end, in words.
    private(set) var loss: String?

    init(_ destination: Destination) throws {
        switch destination {
        case .null:
            state = .discard
            closes = false
        case .stdio:
            state = .open(output: 1, input: 0)
            closes = false
        case .file(let path):
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw UserError(
                    .outputFile, "cannot write (\(hostReason()))", path, remedy: "name a file in a folder you may write to")
            }
            state = .open(output: descriptor, input: nil)
            closes = true
            self.path = path
        case .listen(let path):
            state = .listening(try UnixSocket.listen(path))
            ownedPath = path
            closes = true
        case .connect(let path):
            let descriptor = try UnixSocket.connect(path)
            state = .open(output: descriptor, input: descriptor)
            closes = true
        }
    }

    deinit {
        flush()
        if closes {
            switch state {
            case .discard: break
            case .open(let output, _): close(output)
            case .listening(let descriptor): close(descriptor)
            }
        }
        if let ownedPath { unlink(ownedPath) }
    }

    /// Descriptors to wait on for input.
    var inputDescriptors: [Int32] {
        switch state {
        case .discard: []
        case .open(_, let input): input.map { [$0] } ?? []
        case .listening(let descriptor): [descriptor]
        }
    }

    /// Takes a byte from the guest.
    func put(_ byte: UInt8) {
        pending.append(byte)
        total &+= 1
        if pending.count >= 4096 { flush() }
    }

    func put(line: String) {
        for byte in line.utf8 { put(byte) }
        put(UInt8(ascii: "\n"))
    }

    func flush() {
        guard !pending.isEmpty else { return }
        if case .open(let output, _) = state, !writeAll(output, pending) {
            if let path { loss = "\(path) is incomplete (\(hostReason())); check the free space where it goes" }
            hangUp()
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Bytes that have arrived for the guest.
    func take() -> [UInt8] {
        if case .listening(let descriptor) = state, let connection = UnixSocket.accept(descriptor) {
            close(descriptor)
            state = .open(output: connection, input: connection)
        }
        guard case .open(let output, let input?) = state, waitForInput([input], milliseconds: 0) else { return [] }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(input, &buffer, buffer.count)
        if count > 0 { return Array(buffer[..<count]) }
        if count == 0 || (errno != EAGAIN && errno != EINTR) { state = .open(output: output, input: nil) }
        return []
    }

    /// The far end is gone: nothing more goes out.
    private func hangUp() {
        if case .open(let output, _) = state, closes { close(output) }
        state = .discard
    }
}

/// Stream sockets in the file system. unix(7).
enum UnixSocket {
    static func listen(_ path: String) throws -> Int32 {
        let descriptor = try open(path) { descriptor, address, length in
            unlink(path)
            return bind(descriptor, address, length) == 0 && systemListen(descriptor, 1) == 0
        }
        return descriptor
    }

    static func connect(_ path: String) throws -> Int32 {
        try open(path) { systemConnect($0, $1, $2) == 0 }
    }

    /// The connection that waits at a listening socket, if there is one.
    static func accept(_ descriptor: Int32) -> Int32? {
        guard waitForInput([descriptor], milliseconds: 0) else { return nil }
        let connection = systemAccept(descriptor, nil, nil)
        return connection >= 0 ? connection : nil
    }

    private static func open(
        _ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) throws -> Int32 {
        func refusal(_ reason: String) -> UserError {
            UserError(.outputFile, "cannot open the socket (\(reason))", path, remedy: "name a path in a folder you may write to")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw refusal("path too long") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        var information = stat()
        if stat(path, &information) == 0, information.st_mode & S_IFMT != S_IFSOCK { throw refusal("a file is in the way") }
        #if canImport(Glibc)
            let stream = Int32(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        let descriptor = socket(AF_UNIX, stream, 0)
        guard descriptor >= 0 else { throw refusal(hostReason()) }
        let done = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard done else {
            let reason = hostReason()
            close(descriptor)
            throw refusal(reason)
        }
        return descriptor
    }
}

private func systemListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 { listen(descriptor, backlog) }
private func systemAccept(
    _ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: UnsafeMutablePointer<socklen_t>?
) -> Int32 { accept(descriptor, address, length) }
private func systemConnect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}
