import Formats

/// Stream sockets in the file system. unix(7).
enum UnixSocket {
    static func connect(_ path: String) throws -> Int32 {
        try open(path) { systemConnect($0, $1, $2) == 0 }
    }

    /// Tells whether the far end of a connection is closed for good, in both directions.
    static func isGone(_ descriptor: Int32) -> Bool {
        var state = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&state, 1, 0) > 0 && Int32(state.revents) & POLLHUP != 0
    }

    /// Tells whether somebody may be at the socket `path`: anybody but one who is surely gone. One of another type, of another user, or whose queue is
    /// full is alive, too.
    fileprivate static func isAlive(_ path: String) -> Bool {
        var isGone = false
        let probe = try? open(path) { descriptor, address, length in
            // A full queue is not waited for.
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            let isConnected = systemConnect(descriptor, address, length) == 0
            isGone = !isConnected && errno == ECONNREFUSED
            return isConnected
        }
        if let probe { close(probe) }
        return !isGone
    }

    fileprivate static func refusal(_ path: String, _ reason: String, remedy: String = "name a path in a folder you may write to")
        -> UserError
    {
        UserError(.outputFile, "cannot open the socket (\(reason))", path, remedy: remedy)
    }

    fileprivate static func open(
        _ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw refusal(path, "path too long") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        #if canImport(Glibc)
            let stream = Int32(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        let descriptor = socket(AF_UNIX, stream, 0)
        guard descriptor >= 0 else { throw refusal(path, hostReason()) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let done = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard done else {
            let reason = hostReason()
            close(descriptor)
            throw refusal(path, reason)
        }
        return descriptor
    }
}

/// A socket that we have made in the file system and listen on. It goes with us, if it is still ours.
final class UnixListener {
    let descriptor: Int32
    private let path: String
    private var identity: (device: dev_t, inode: ino_t)?

    /// A socket file that nobody listens at any more is replaced; anything else that is there stays.
    init(_ path: String) throws {
        self.path = path
        var information = stat()
        if lstat(path, &information) == 0 {
            guard information.st_mode & S_IFMT == S_IFSOCK else {
                throw UnixSocket.refusal(path, "a file is in the way", remedy: "remove it, or name another path")
            }
            guard !UnixSocket.isAlive(path) else {
                throw UnixSocket.refusal(path, "another program listens there", remedy: "stop that one, or name another path")
            }
            unlink(path)
        }
        // For its user alone: whoever connects moves the machine.
        let mask = umask(0o177)
        defer { umask(mask) }
        descriptor = try UnixSocket.open(path) { bind($0, $1, $2) == 0 && systemListen($0, 4) == 0 }
        if lstat(path, &information) == 0 { identity = (information.st_dev, information.st_ino) }
    }

    deinit {
        close(descriptor)
        var information = stat()
        guard let identity, lstat(path, &information) == 0 else { return }
        if information.st_dev == identity.device, information.st_ino == identity.inode { unlink(path) }
    }

    /// The connection that waits, if there is one.
    func accept() -> Int32? { acceptConnection(descriptor) }
}

/// The connection that waits at a listening socket, if there is one. Whoever has left again without a word only wanted to know whether somebody listens.
func acceptConnection(_ descriptor: Int32) -> Int32? {
    guard waitForInput([descriptor], milliseconds: 0) else { return nil }
    let connection = systemAccept(descriptor, nil, nil)
    guard connection >= 0 else { return nil }
    _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
    var byte: UInt8 = 0
    if UnixSocket.isGone(connection), recv(connection, &byte, 1, peeking) <= 0 {
        close(connection)
        return nil
    }
    return connection
}

private let peeking = Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)

private func systemListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 { listen(descriptor, backlog) }
private func systemAccept(
    _ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: UnsafeMutablePointer<socklen_t>?
) -> Int32 { accept(descriptor, address, length) }
private func systemConnect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}
