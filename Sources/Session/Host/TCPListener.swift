import Formats

/// A socket at which others may arrive.
protocol ConnectionListener: AnyObject {
    var descriptor: Int32 { get }
    /// The connection that waits, if there is one.
    func accept() -> Int32?
    /// Waits, where closing a connection would lose what its far end has not read yet, until that is read or patience ends.
    func awaitReader()
}

extension ConnectionListener {
    func awaitReader() {}
}

extension UnixListener: ConnectionListener {}

/// A TCP socket of this host at which one after the other may arrive.
final class TCPListener: ConnectionListener {
    let descriptor: Int32

    init(host: String, port: UInt16) throws {
        descriptor = try TCPSocket.listen(host: host.isEmpty ? "127.0.0.1" : host, port: port).descriptor
    }

    deinit { close(descriptor) }

    func accept() -> Int32? {
        guard let connection = acceptConnection(descriptor) else { return nil }
        TCPSocket.sendAtOnce(connection)
        return connection
    }
}

extension TCPSocket {
    /// A connection to a program that listens. connect(2).
    static func connect(host: String, port: UInt16) throws -> Int32 {
        let name = host.isEmpty ? "127.0.0.1" : host
        func refusal(_ reason: String) -> UserError {
            UserError(
                .outputFile, "cannot connect (\(reason))", "\(name):\(port)",
                remedy: "start what listens there first, or leave ,connect out to listen here")
        }
        let list = try addresses(of: name, port, orThrow: refusal)
        defer { freeaddrinfo(list) }
        var reason = "no address"
        var next: UnsafeMutablePointer<addrinfo>? = list
        while let address = next?.pointee {
            let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
            if descriptor >= 0, systemConnect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                sendAtOnce(descriptor)
                return descriptor
            }
            reason = hostReason()
            if descriptor >= 0 { close(descriptor) }
            next = address.ai_next
        }
        throw refusal(reason)
    }
}

private func systemConnect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}
