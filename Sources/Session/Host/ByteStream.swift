/// The host's end of a serial line or of the debug console, or a file that grows: takes bytes from the guest, and gives bytes where there is somebody
/// to give them.
///
/// Output is collected and goes out with `flush()`, between run slices, as far as the far end takes it; what it does not take waits, and with it the
/// machine (`isBehind`). Input is read without waiting.
final class ByteStream {
    private enum State {
        case discard
        case open(output: OutputDescriptor, input: Int32?)
        /// Waits for somebody to connect; until then output is dropped, as on a cable with nothing at its end.
        case listening
    }

    private var state: State
    private var pending: [UInt8] = []
    /// Bytes taken from the guest so far.
    private(set) var total: UInt64 = 0
    private let listener: (any ConnectionListener)?
    private let closes: Bool
    private let path: String?
    /// The loss of output that could not be written to its end, in words.
    private(set) var loss: String?
    /// Bytes that may wait at most while the machine goes on.
    private static let room = 1 << 16
    /// Bytes after which it stops in the middle of a slice.
    private static let limit = 1 << 22

    init(_ destination: Destination) throws {
        var (listener, path): ((any ConnectionListener)?, String?) = (nil, nil)
        switch destination {
        case .null:
            (state, closes) = (.discard, false)
        case .stdio:
            (state, closes, path) = (.open(output: OutputDescriptor(1), input: 0), false, "-")
        case .file(let name):
            let descriptor = openForOutput(name)
            guard descriptor >= 0 else { throw OutputFile.refusal(name, errno) }
            (state, closes, path) = (.open(output: OutputDescriptor(descriptor), input: nil), true, name)
        case .listen(let name):
            listener = try UnixListener(name)
            (state, closes) = (.listening, true)
        case .connect(let name):
            let descriptor = try UnixSocket.connect(name)
            (state, closes) = (.open(output: OutputDescriptor(descriptor), input: descriptor), true)
        case .terminal:
            listener = try TerminalListener()
            (state, closes) = (.listening, true)
        case .pipe(let name):
            let (output, input) = try NamedPipes.open(name)
            (state, closes) = (.open(output: OutputDescriptor(output), input: input), true)
        case .tcp(let host, let port, connects: false):
            listener = try TCPListener(host: host, port: port)
            (state, closes) = (.listening, true)
        case .tcp(let host, let port, connects: true):
            let descriptor = try TCPSocket.connect(host: host, port: port)
            (state, closes) = (.open(output: OutputDescriptor(descriptor), input: descriptor), true)
        }
        (self.listener, self.path) = (listener, path)
    }

    /// A file, or standard output where its name is `-`; nothing comes from there.
    init(writingTo name: String) throws {
        if name == "-" {
            (state, closes, path, listener) = (.open(output: OutputDescriptor(1), input: nil), false, "-", nil)
            return
        }
        let descriptor = openForOutput(name)
        guard descriptor >= 0 else { throw OutputFile.refusal(name, errno) }
        (state, closes, path, listener) = (.open(output: OutputDescriptor(descriptor), input: nil), true, name, nil)
    }

    /// Standard error, as a stream.
    init(standardError: Void) {
        (state, closes, path, listener) = (.open(output: OutputDescriptor(2), input: nil), false, "standard error", nil)
    }

    deinit {
        finish()
        if closes, case .open(let output, _) = state { close(output.number) }
    }

    /// Writes everything, and sees to it that the far end has it before the process ends.
    func end() {
        finish()
        if case .open = state { listener?.awaitReader() }
    }

    /// The terminal at which somebody may connect.
    var terminal: String? { (listener as? TerminalListener)?.path }

    /// Descriptors to wait on for input.
    var inputDescriptors: [Int32] {
        switch state {
        case .discard: []
        case .open(_, let input): input.map { [$0] } ?? []
        case .listening: listener.map { [$0.descriptor] } ?? []
        }
    }

    /// The descriptor to wait on where the far end has to read before the machine may go on.
    var awaited: Int32? {
        if pending.count > Self.room, case .open(let output, _) = state { output.number } else { nil }
    }

    /// Takes a byte from the guest.
    func put(_ byte: UInt8) {
        pending.append(byte)
        total &+= 1
        if pending.count % Self.room == 0 { flush() }
        if pending.count >= Self.limit { finish() }
    }

    func put(line: String) {
        for byte in line.utf8 { put(byte) }
        put(UInt8(ascii: "\n"))
    }

    /// Writes what goes without waiting.
    func flush() {
        accept()
        guard !pending.isEmpty else { return }
        guard case .open(let output, _) = state else { return pending.removeAll(keepingCapacity: true) }
        switch output.writeNow(pending) {
        case .failed(let reason): fail(reason)
        case .written(let count) where count == pending.count: pending.removeAll(keepingCapacity: true)
        case .written(let count): pending.removeFirst(count)
        }
    }

    /// Writes everything, and waits for the far end while there is patience.
    func finish() {
        flush()
        guard !pending.isEmpty, case .open(let output, _) = state else { return }
        if let reason = output.writeAll(pending) { fail(reason) } else { pending.removeAll(keepingCapacity: true) }
    }

    /// Bytes that have arrived for the guest.
    func take() -> [UInt8] {
        accept()
        guard case .open(let output, let input?) = state, waitForInput([input], milliseconds: 0) else { return [] }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(input, &buffer, buffer.count)
        if count > 0 { return Array(buffer[..<count]) }
        if count == 0 || (errno != EAGAIN && errno != EINTR) {
            // A far end that has only said all that it wanted to say goes on listening.
            if listener != nil, UnixSocket.isGone(output.number) { hangUp() } else { state = .open(output: output, input: nil) }
        }
        return []
    }

    private func accept() {
        guard case .listening = state, let connection = listener?.accept() else { return }
        state = .open(output: OutputDescriptor(connection), input: connection)
    }

    private func fail(_ reason: Int32) {
        // Whoever went away did not want more; a file has nobody who could.
        if let path, reason != EPIPE { loss = OutputFile.loss(of: path, reason) }
        pending.removeAll(keepingCapacity: true)
        hangUp()
    }

    /// The far end is gone: nothing more goes out, unless another one comes.
    private func hangUp() {
        if case .open(let output, _) = state, closes { close(output.number) }
        state = listener == nil ? .discard : .listening
    }
}
