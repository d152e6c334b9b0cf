import Formats

/// The bytes between gdb and us: a socket that we listen on, or standard input and output.
package final class GDBLink {
    private let listener: Int32?
    private var input: Int32?
    private var output: OutputDescriptor?
    /// Bytes that gdb has not taken yet.
    private var pending: [UInt8] = []
    private let isStdio: Bool
    private let socket: UnixListener?
    /// The words for gdb: "target remote 127.0.0.1:1234".
    package let invitation: String

    package init(_ address: GDBAddress) throws {
        switch address {
        case .stdio:
            (listener, input, output, isStdio, socket) = (nil, 0, OutputDescriptor(1), true, nil)
            invitation = "stdio"
        case .unix(let path):
            let socket = try UnixListener(path)
            (listener, isStdio, self.socket) = (socket.descriptor, false, socket)
            invitation = "target remote \(path)"
        case .tcp(let host, let port):
            let (descriptor, bound) = try TCPSocket.listen(host: host.isEmpty ? "127.0.0.1" : host, port: port)
            (listener, isStdio, socket) = (descriptor, false, nil)
            invitation = "target remote \(host.contains(":") ? "[\(host)]" : host.isEmpty ? "127.0.0.1" : host):\(bound)"
        }
    }

    deinit {
        hangUp()
        if let listener, socket == nil { close(listener) }
    }

    package var isConnected: Bool { input != nil }
    /// Nobody else can come after this one has left.
    var isForOne: Bool { isStdio }
    /// Descriptors to wait on.
    package var descriptors: [Int32] { input.map { [$0] } ?? listener.map { [$0] } ?? [] }

    /// Takes a connection that waits, if there is none yet. True while there is one.
    package func connect() -> Bool {
        if isConnected { return true }
        guard let listener, let connection = acceptConnection(listener) else { return false }
        (input, output, pending) = (connection, OutputDescriptor(connection), [])
        TCPSocket.sendAtOnce(connection)
        return true
    }

    /// Bytes that have arrived; nil when the far end is gone.
    package func take() -> [UInt8]? {
        guard let input else { return nil }
        guard waitForInput([input], milliseconds: 0) else { return [] }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(input, &buffer, buffer.count)
        if count > 0 { return Array(buffer[..<count]) }
        if count < 0, errno == EAGAIN || errno == EINTR { return [] }
        hangUp()
        return nil
    }

    /// Sends without waiting; what gdb does not take now goes with `flush()`.
    package func send(_ bytes: [UInt8]) {
        guard output != nil else { return }
        pending += bytes
        flush()
    }

    /// Bytes that have not been taken yet.
    package var waiting: Int { pending.count }

    /// gdb has taken everything that was sent. Until then nothing more is answered.
    var isFlushed: Bool { pending.isEmpty }

    package func flush() {
        guard let output, !pending.isEmpty else { return }
        switch output.writeNow(pending) {
        case .written(let count): pending.removeFirst(count)
        case .failed: hangUp()
        }
        if pending.count > Self.limit { hangUp() }
    }

    /// Bytes that wait at most: gdb asks and then reads.
    private static let limit = 1 << 24

    package func hangUp() {
        if !isStdio, let input { close(input) }
        (input, output, pending) = (nil, nil, [])
    }
}

/// Stream sockets of the Internet family. tcp(7), getaddrinfo(3).
enum TCPSocket {
    /// A socket that listens, and its port.
    static func listen(host: String, port: UInt16) throws -> (descriptor: Int32, port: UInt16) {
        func refusal(_ reason: String) -> UserError {
            UserError(
                .outputFile, "cannot listen (\(reason))", "\(host):\(port)", remedy: "use an address of this host and a free port")
        }
        let first = try addresses(of: host, port, flags: AI_PASSIVE, orThrow: refusal)
        defer { freeaddrinfo(first) }
        let descriptor = socket(first.pointee.ai_family, first.pointee.ai_socktype, first.pointee.ai_protocol)
        guard descriptor >= 0 else { throw refusal(hostReason()) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0, systemListen(descriptor, 1) == 0 else {
            let reason = hostReason()
            close(descriptor)
            throw refusal(reason)
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return (descriptor, boundPort(descriptor) ?? port)
    }

    /// The addresses of a host's stream sockets, for who calls freeaddrinfo(3).
    static func addresses(
        of host: String, _ port: UInt16, flags: Int32 = 0, orThrow refusal: (String) -> UserError
    ) throws -> UnsafeMutablePointer<addrinfo> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = flags
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let list else { throw refusal(String(cString: gai_strerror(status))) }
        return list
    }

    private static func boundPort(_ descriptor: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage -> UInt16? in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> UInt16? in
                guard getsockname(descriptor, address, &length) == 0 else { return nil }
                // The port follows the family in the addresses of both families.
                return UnsafeRawPointer(address).loadUnaligned(fromByteOffset: 2, as: UInt16.self).bigEndian
            }
        }
    }

    /// Small packets go at once: gdb waits for each answer.
    static func sendAtOnce(_ descriptor: Int32) {
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }
}

private func systemListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 { listen(descriptor, backlog) }
