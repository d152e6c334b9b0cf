import Synchronization

/// The rule of who may in: whoever knows the token, and no page of another origin in the same browser.
///
/// Addresses are /TOKEN/FILE. The token keeps out other users of this host; Host keeps out names that were bent to this address (DNS rebinding), and
/// Origin keeps out pages from elsewhere, which a browser lets open sockets to anywhere.
public final class Admission: Sendable {
    private let token: [UInt8]
    /// Others than this host may come.
    private let isOpen: Bool
    private let names = Mutex<Set<String>>([])

    init(token: String, isOpen: Bool) {
        self.token = Array(token.utf8)
        self.isOpen = isOpen
    }

    /// A secret that nobody guesses: 128 bits in hexadecimal.
    public static func makeToken() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The names under which this server is asked for, once its port is known.
    func listens(on host: String, port: UInt16) {
        names.withLock { names in
            for name in ["127.0.0.1", "localhost", "[::1]", host.contains(":") ? "[\(host)]" : host] {
                names.insert("\(name):\(port)")
            }
        }
    }

    /// The file that `uri` asks for, "" for the page itself; nil for who knows no token, or asks by a wrong name.
    func file(_ uri: String, host: [String]) -> String? {
        guard host.count == 1, isOurs(host[0]) else { return nil }
        let path = uri.utf8.prefix { $0 != UInt8(ascii: "?") }
        guard path.first == UInt8(ascii: "/"), path.count > token.count + 1 else { return nil }
        let given = path.dropFirst().prefix(token.count)
        // All bytes are looked at, however many are right.
        guard zip(given, token).reduce(0, { $0 | ($1.0 ^ $1.1) }) == 0 else { return nil }
        let rest = path.dropFirst(token.count + 1)
        guard rest.first == UInt8(ascii: "/") else { return nil }
        return String(decoding: rest.dropFirst(), as: UTF8.self)
    }

    /// Tells whether a socket may be opened.
    func admits(socket uri: String, host: [String], origin: [String]) -> Bool {
        guard file(uri, host: host) == "socket", origin.count == 1 else { return false }
        return origin[0] == "http://\(host[0])"
    }

    private func isOurs(_ host: String) -> Bool {
        if names.withLock({ $0.contains(host.lowercased()) }) { return true }
        // Other hosts know this one by addresses of which it does not know itself; a name could be anybody's.
        return isOpen && host.utf8.allSatisfy { "0123456789abcdef.:[]".utf8.contains($0) }
    }
}
