import Formats

/// A descriptor that bytes go to: the one place where this program writes to the host. Nobody who does not read makes it deaf: it waits with
/// `Patience` or not at all, and says what could not be written.
package struct OutputDescriptor {
    let number: Int32
    /// Number of bytes that a write takes without waiting where poll(2) says that there is room: PIPE_BUF, any number for a file.
    private let portion: Int

    package init(_ number: Int32) {
        self.number = number
        var information = stat()
        let isFile = fstat(number, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
        portion = isFile ? 1 << 20 : Int(PIPE_BUF)
    }

    enum Progress: Equatable {
        /// So many bytes went out; fewer than all where the reader has no room now.
        case written(Int)
        /// The error number of the host's refusal.
        case failed(Int32)
    }

    /// Writes what goes without waiting.
    func writeNow(_ bytes: some Collection<UInt8>) -> Progress {
        let array = Array(bytes)
        return array.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                guard hasRoom(milliseconds: 0) else { return .written(done) }
                let count = write(number, buffer.baseAddress! + done, min(portion, buffer.count - done))
                if count >= 0 {
                    done += count
                } else if errno == EAGAIN {
                    return .written(done)
                } else if errno != EINTR || Patience.isOver {
                    return errno == EINTR ? .written(done) : .failed(errno)
                }
            }
            return .written(done)
        }
    }

    /// Writes all, and waits for a reader while there is patience. The error number of a failure; ETIMEDOUT where the reader took nothing.
    package func writeAll(_ bytes: some Collection<UInt8>) -> Int32? {
        var rest = Array(bytes)[...]
        while true {
            switch writeNow(rest) {
            case .failed(let reason): return reason
            case .written(let count): rest = rest.dropFirst(count)
            }
            if rest.isEmpty { return nil }
            if Patience.isOver { return ETIMEDOUT }
            _ = hasRoom(milliseconds: 100)
        }
    }

    /// Tells whether a write will be heard at once, be it with an error.
    func hasRoom(milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        return poll(&waiting, 1, milliseconds) > 0
    }
}

/// Tells whether there is a pipe of that name in the file system. fifo(7).
func isPipe(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFIFO
}

/// Opens a file to write to, made or emptied: its descriptor, or -1 with the reason in errno. A pipe waits for its reader while there is `Patience`;
/// then the reason is ETIMEDOUT.
func openForOutput(_ path: String) -> Int32 {
    while true {
        // A pipe that nobody reads refuses at once with ENXIO where open(2) would wait for ever.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0o644)
        if descriptor >= 0 {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
            return descriptor
        }
        guard errno == ENXIO, isPipe(path) else { return descriptor }
        if Patience.isOver {
            errno = ETIMEDOUT
            return descriptor
        }
        _ = poll(nil, 0, 20)
    }
}

/// The time for which output waits for somebody who does not read: for ever, until a signal, `--timeout` or a ceiling ends the run; then a second more, so that
/// a reader that is merely slow loses nothing.
enum Patience {
    private static let grace: UInt64 = 1_000_000_000
    /// Of the host's clock, in nanoseconds.
    ///
    /// SAFETY: read and written by the thread that runs the machine alone.
    nonisolated(unsafe) private static var end: UInt64 = .max
    /// SAFETY: as `end`.
    nonisolated(unsafe) private static var signalEnd: UInt64?

    /// Nobody is waited for beyond `time` and the grace.
    static func ends(at time: UInt64) { end = min(end, time &+ grace < time ? .max : time &+ grace) }

    static var isOver: Bool {
        let now = hostNanoseconds()
        if Signals.pending == nil {
            signalEnd = nil
        } else if signalEnd == nil {
            signalEnd = now + grace
        }
        return now >= min(end, signalEnd ?? .max)
    }
}

/// Standard output as commands use it whose answer it is.
package enum StandardOutput {
    private static let descriptor = OutputDescriptor(1)

    /// Writes a text. Where it cannot go the command has failed; a reader that went away has what it wanted.
    package static func write(_ text: String) throws {
        guard let reason = descriptor.writeAll(text.utf8), reason != EPIPE else { return }
        throw UserError(.hostFailure, "cannot write (\(hostReason(reason)))", "standard output", remedy: "check where it goes")
    }

    /// Writes a line.
    package static func write(line: String) throws { try write(line + "\n") }

    /// Descriptors 0 to 2 that the shell has closed are opened so that their use fails: a file opened later must not become standard output.
    package static func occupyClosedDescriptors() {
        for number: Int32 in 0...2 where fcntl(number, F_GETFD) < 0 && errno == EBADF {
            _ = open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY)
        }
    }
}
